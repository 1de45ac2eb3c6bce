"""What shops write of the state of an order: that it stands, was cancelled, refunded, came back, or waits for money.

The words are those of Shopify's financial status and WooCommerce's order status, the latter in the languages in which
columns are known, and what tills write. What is none of them is refused: a word that was not understood may as well
say that there is no order.
"""

import unicodedata
from typing import Literal

from customers.refusals import Refused

StateWord = Literal["stands", "cancelled", "refunded", "returned", "unpaid"]

_WORDS: dict[StateWord, str] = {
    "stands": """
        paid, partially paid, partially refunded, authorized, authorised, processing, processed, completed, complete,
        confirmed, accepted, open, new, placed, closed, done, invoiced, packed, ready, shipped, partially shipped, sent,
        in transit, fulfilled, partially fulfilled, unfulfilled, delivered, ok,
        bezahlt, in bearbeitung, fertiggestellt, abgeschlossen, offen, neu, versandt, versendet, verschickt, geliefert,
        zugestellt, teilweise erstattet,
        payé, payée, en cours, terminé, terminée, confirmée, expédié, expédiée, livré, livrée,
        pagado, procesando, completado, completada, enviado, enviada, entregado, entregada,
        pago, paga, processando, em processamento, a processar, concluído, concluída, enviada, entregue,
        pagato, in lavorazione, completato, spedito, consegnato,
        betaald, in behandeling, verwerken, afgerond, voltooid, verzonden, geleverd, bezorgd""",
    "cancelled": """
        cancelled, canceled, failed, voided, void, declined, rejected, trash,
        storniert, abgebrochen, fehlgeschlagen, abgelehnt, annulé, annulée, échoué, échouée, échec,
        cancelado, cancelada, anulado, anulada, fallido, fallida, falhado, falhada, falhou, malsucedido,
        annullato, cancellato, fallito, geannuleerd, mislukt""",
    "refunded": """
        refunded, erstattet, rückerstattet, remboursé, remboursée, reembolsado, reembolsada, rimborsato,
        terugbetaald""",
    "returned": """
        returned, retourniert, zurückgeschickt, retourné, retournée, devuelto, devuelta, devolvido, devolvida, reso,
        geretourneerd""",
    "unpaid": """
        pending, pending payment, awaiting payment, unpaid, expired, on hold, draft, checkout draft, auto draft,
        zahlung ausstehend, ausstehend, unbezahlt, in wartestellung, wartend, entwurf,
        attente paiement, attente de paiement, en attente de paiement, en attente, brouillon,
        pendiente, pendiente de pago, en espera, borrador, pendente, pagamento pendente, aguardando pagamento,
        aguardando, em espera, rascunho, in attesa di pagamento, in attesa, in sospeso, bozza,
        wachtend op betaling, in afwachting van betaling, in de wacht, concept""",
}


def _plain(word: str) -> str:
    """A word without case, accents, WooCommerce's prefix, and what joins its parts."""
    parted = unicodedata.normalize("NFKD", word.casefold().strip().removeprefix("wc-"))
    bare = "".join(sign for sign in parted if not unicodedata.combining(sign))
    return " ".join(bare.replace("-", " ").replace("_", " ").split())


_MEANT: dict[str, StateWord] = {_plain(word): state for state, words in _WORDS.items() for word in words.split(",")}


def state_of(text: str) -> StateWord:
    """What a cell says of an order's state, where an empty one says that it stands.

    Raises Refused (`unknown_state`) for words that are not known.
    """
    if not text:
        return "stands"
    state = _MEANT.get(_plain(text))
    if state is None:
        reason = f"{text[:40]!r} is no state that is known. Write paid, cancelled, refunded, returned or unpaid."
        raise Refused("state", "unknown_state", reason)
    return state
