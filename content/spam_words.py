"""What filters of unwanted mail count, by language: singly harmless, two of them in one message are a warning.

A list of our own, of what such filters and the people behind them are widely known to look at: pressure, promises of
money, "free" said loudly, false closeness, and what no honest letter needs to say of itself.
"""

_LISTS = {
    "en": "act now,act immediately,apply now,100% free,absolutely free,free access,free gift,free money,"
    "free trial,risk-free,"
    "risk free,no risk,guaranteed,satisfaction guaranteed,money back,winner,you have won,you have been selected,"
    "cash bonus,cash prize,claim your prize,extra cash,earn money,make money,easy money,extra income,work from home,"
    "be your own boss,double your,get rich,get paid,million dollars,no obligation,no strings attached,"
    "no purchase necessary,"
    "no hidden costs,no questions asked,no catch,click here,click below,limited time,limited time only,urgent,"
    "while supplies last,last chance,expires today,don't miss out,don't delete,do not delete,before it's too late,"
    "once in a lifetime,once in a lifetime opportunity,order now,buy now,call now,cheap,lowest price,best price,"
    "incredible deal,amazing offer,special promotion,exclusive deal,this is not spam,not junk,miracle,lose weight,"
    "dear friend,congratulations,credit card required,no credit check,lowest rates,pre-approved,unsecured debt,"
    "as seen on,all natural,clearance,fantastic deal,for only,great offer,hurry up,instant savings,"
    "what are you waiting for",
    "de": "jetzt zugreifen,jetzt zuschlagen,jetzt bestellen,jetzt kaufen,sofort bestellen,100% gratis,100 % gratis,"
    "100% kostenlos,völlig kostenlos,kostenlos testen,gratis geschenk,garantiert,gewinner,sie haben gewonnen,"
    "du hast gewonnen,gewinnspiel,ihr gewinn,klicken sie hier,hier klicken,klick hier,nur heute,nur für kurze zeit,"
    "nur solange der vorrat reicht,solange der vorrat reicht,letzte chance,greifen sie zu,dringend,eilt,geld verdienen,"
    "schnelles geld,leicht verdientes geld,geld zurück,nebenverdienst,heimarbeit,verdoppeln sie,bester preis,"
    "tiefstpreis,unschlagbar,unglaubliches angebot,einmalige gelegenheit,einmaliges angebot,exklusives angebot,"
    "sonderangebot,super angebot,schnäppchen,risikofrei,ohne risiko,ohne verpflichtung,unverbindlich testen,"
    "keine versteckten kosten,herzlichen glückwunsch,kein spam,nicht löschen,wundermittel,abnehmen,kredit ohne schufa,"
    "sofortkredit,zögern sie nicht,verpassen sie nicht",
    "fr": "cliquez ici,cliquez dessous,100 % gratuit,100% gratuit,gratuit,cadeau gratuit,essai gratuit,garanti,"
    "satisfait ou remboursé,"
    "gagnant,vous avez gagné,vous avez été sélectionné,félicitations,urgent,agissez maintenant,agissez vite,"
    "commandez maintenant,achetez maintenant,dernière chance,durée limitée,offre limitée,offre exclusive,"
    "offre incroyable,offre spéciale,sans engagement,sans risque,sans obligation d'achat,sans frais cachés,"
    "meilleur prix,prix cassés,prix imbattable,argent facile,gagnez de l'argent,revenu complémentaire,"
    "travail à domicile,doublez vos,jackpot,bonus,crédit immédiat,perdez du poids,produit miracle,ne supprimez pas,"
    "ceci n'est pas un spam,cher ami,ne manquez pas,profitez-en vite,jusqu'à épuisement des stocks",
    "es": "haz clic aquí,haga clic aquí,clic aquí,100% gratis,100 % gratis,gratis,regalo gratis,prueba gratis,"
    "garantizado,ganador,"
    "has ganado,ha ganado,ha sido seleccionado,felicidades,enhorabuena,urgente,actúa ya,actúe ahora,compra ya,"
    "compre ahora,pida ahora,última oportunidad,última hora,tiempo limitado,solo hoy,oferta exclusiva,oferta increíble,"
    "oferta especial,sin compromiso,sin riesgo,sin obligación,sin costes ocultos,mejor precio,precio imbatible,"
    "dinero fácil,gana dinero,gane dinero,ingresos extra,trabaja desde casa,duplica tu,hazte rico,millones,"
    "crédito inmediato,pierde peso,milagro,no elimines,esto no es spam,querido amigo,no te lo pierdas,"
    "hasta agotar existencias,devolución del dinero",
    "pt": "clique aqui,clica aqui,100% grátis,grátis,oferta grátis,teste grátis,garantido,satisfação garantida,"
    "vencedor,ganhou,"
    "você ganhou,foi selecionado,parabéns,urgente,aja agora,compre já,compre agora,encomende já,última oportunidade,"
    "última chance,tempo limitado,só hoje,oferta exclusiva,oferta imperdível,oferta incrível,promoção imperdível,"
    "sem compromisso,sem risco,sem obrigação,sem custos escondidos,melhor preço,preço imbatível,dinheiro fácil,"
    "ganhe dinheiro,renda extra,rendimento extra,trabalhe em casa,duplique,fique rico,milhões,crédito imediato,"
    "perca peso,milagre,não apague,isto não é spam,caro amigo,não perca,enquanto durar o stock,dinheiro de volta",
    "it": "clicca qui,fai clic qui,100% gratis,gratis,omaggio gratis,prova gratuita,garantito,"
    "soddisfatti o rimborsati,vincitore,"
    "hai vinto,ha vinto,sei stato selezionato,congratulazioni,urgente,agisci ora,compra ora,acquista subito,"
    "ordina ora,ultima occasione,ultima possibilità,tempo limitato,solo oggi,offerta esclusiva,offerta imperdibile,"
    "offerta incredibile,offerta speciale,senza impegno,senza rischi,senza obbligo,nessun costo nascosto,"
    "miglior prezzo,"
    "prezzo imbattibile,soldi facili,guadagna,guadagno extra,lavora da casa,raddoppia,diventa ricco,milioni,"
    "prestito immediato,perdi peso,miracolo,non cancellare,questo non è spam,caro amico,fino a esaurimento scorte",
    "nl": "klik hier,100% gratis,helemaal gratis,gratis cadeau,gratis proberen,gegarandeerd,winnaar,u hebt gewonnen,"
    "je hebt gewonnen,u bent geselecteerd,gefeliciteerd,dringend,handel nu,bestel nu,koop nu,laatste kans,"
    "beperkte tijd,alleen vandaag,exclusieve aanbieding,ongelooflijke aanbieding,speciale aanbieding,vrijblijvend,"
    "zonder risico,zonder verplichting,geen verborgen kosten,beste prijs,laagste prijs,onverslaanbaar,snel geld,"
    "geld verdienen,bijverdienen,thuiswerk,verdubbel,word rijk,miljoenen,niet goed geld terug,direct krediet,"
    "afvallen,wondermiddel,niet verwijderen,dit is geen spam,beste vriend,mis het niet,zolang de voorraad strekt",
}  # fmt: skip
SPAM_WORDS: dict[str, tuple[str, ...]] = {language: tuple(words.split(",")) for language, words in _LISTS.items()}
