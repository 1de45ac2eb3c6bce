// A customer's inbox on the shop's pages: a bell, and beside it a panel with their messages.
// <script src="https://encore.example/site/inbox.js" data-token="…" defer></script>
//   data-at="#place"   where the bell stands; without it, in the lower right corner
//   data-popup         opens the panel by itself when there is something new
//   data-colour        the bell's colour, as #8a2846
// Writes text, never HTML; sets no cookie; needs of a content policy: script-src and connect-src with this server.
(() => {
  const script = document.currentScript;
  const { token, at, colour } = script.dataset;
  const popup = "popup" in script.dataset;
  const words = {
    en: { bell: "Messages", fresh: "new", none: "No messages yet.", close: "Close", open: "Open", choose: "Choose what you get" },
    de: { bell: "Nachrichten", fresh: "neu", none: "Noch keine Nachrichten.", close: "Schließen", open: "Öffnen", choose: "Auswählen, was kommt" },
    fr: { bell: "Messages", fresh: "nouveaux", none: "Pas encore de message.", close: "Fermer", open: "Ouvrir", choose: "Choisir ce que je reçois" },
    es: { bell: "Mensajes", fresh: "nuevos", none: "Aún no hay mensajes.", close: "Cerrar", open: "Abrir", choose: "Elegir lo que recibo" },
    pt: { bell: "Mensagens", fresh: "novas", none: "Ainda não há mensagens.", close: "Fechar", open: "Abrir", choose: "Escolher o que recebo" },
  };
  const language = (script.dataset.lang || document.documentElement.lang || navigator.language || "en").slice(0, 2);
  const w = words[language] || words.en;
  const said = new Set();
  let messages = [];

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const web = (address) => /^https?:\/\//i.test(address || "");
  const say = (message, event) => {
    const { url, token: attempt, signatures } = message.back;
    if (said.has(`${message.id} ${event}`)) return;
    said.add(`${message.id} ${event}`);
    const body = JSON.stringify({ message: message.id, token: attempt, event });
    navigator.sendBeacon(`${url}?signature=${encodeURIComponent(signatures[event])}`, body);
  };

  const host = make("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { font: 16px/1.5 system-ui, sans-serif; color: #1c1b1a; }
    .corner { position: fixed; inset-block-end: 16px; inset-inline-end: 16px; z-index: 2147483000; }
    button { font: inherit; color: inherit; cursor: pointer; }
    .bell { position: relative; inline-size: 48px; block-size: 48px; border: 0; border-radius: 50%; background: var(--encore-bell, #8a2846); color: #fff; }
    .bell svg { display: block; margin: auto; inline-size: 24px; block-size: 24px; fill: currentColor; }
    .count { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-inline-size: 20px; padding: 0 4px; border-radius: 10px; background: #fff; color: #1c1b1a; border: 2px solid #1c1b1a; font-size: 12px; font-weight: 700; line-height: 18px; box-sizing: border-box; }
    .panel { position: fixed; inset-block-end: 76px; inset-inline-end: 16px; inline-size: min(360px, calc(100vw - 32px)); max-block-size: min(560px, calc(100vh - 108px)); overflow: auto; box-sizing: border-box; padding: 16px; border: 1px solid #c9c4bf; border-radius: 12px; background: #fff; box-shadow: 0 8px 32px rgb(0 0 0 / .2); z-index: 2147483001; }
    .panel[hidden], .count[hidden] { display: none; }
    .head { display: flex; justify-content: space-between; align-items: center; gap: 8px; }
    h2 { margin: 0; font-size: 18px; } h3 { margin: 0; font-size: 16px; } p { margin: 4px 0; white-space: pre-line; overflow-wrap: anywhere; }
    .close { border: 1px solid #6b6661; border-radius: 8px; background: #fff; padding: 8px 12px; min-block-size: 44px; }
    article { padding: 12px 0; border-block-start: 1px solid #e4e0dc; }
    time { font-size: 13px; color: #5c5752; }
    img { max-inline-size: 100%; block-size: auto; border-radius: 8px; }
    a { color: #6d1f37; display: inline-block; padding: 8px 8px 8px 0; }
    :focus-visible { outline: 3px solid #1a5fb4; outline-offset: 2px; }
  `);
  root.adoptedStyleSheets = [sheet];
  if (/^#[0-9a-f]{6}$/i.test(colour || "")) host.style.setProperty("--encore-bell", colour);

  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  path.setAttribute("d", "M12 22a2.5 2.5 0 0 0 2.4-2H9.6A2.5 2.5 0 0 0 12 22Zm7-6v-5a7 7 0 0 0-5.5-6.8V3a1.5 1.5 0 0 0-3 0v1.2A7 7 0 0 0 5 11v5l-2 2v1h18v-1Z");
  icon.append(path);
  const count = make("span", { className: "count", hidden: true, ariaHidden: "true" });
  const bell = make("button", { className: "bell", type: "button", ariaExpanded: "false", ariaLabel: w.bell }, icon, count);
  bell.setAttribute("aria-controls", "panel");
  const close = make("button", { className: "close", type: "button", textContent: w.close });
  const list = make("div", { className: "list" });
  const title = make("h2", { id: "title", textContent: w.bell });
  const panel = make("div", { className: "panel", id: "panel", hidden: true, role: "dialog", tabIndex: -1 },
    make("div", { className: "head" }, title, close), list);
  panel.setAttribute("aria-labelledby", "title");
  const status = make("span", { role: "status" });
  Object.assign(status.style, { position: "absolute", width: "1px", height: "1px", overflow: "hidden", clipPath: "inset(50%)" });
  root.append(bell, panel, status);

  const link = (address, label, message) => {
    const anchor = make("a", { href: address, textContent: label });
    anchor.addEventListener("click", () => say(message, "opened"));
    return anchor;
  };
  const article = (message) => {
    const made = make("article", {}, make("h3", { textContent: message.title }),
      make("time", { dateTime: message.at, textContent: new Date(message.at).toLocaleDateString(language) }));
    if (web(message.media)) made.append(make("img", { src: message.media, alt: message.media_alt, loading: "lazy" }));
    made.append(make("p", { textContent: message.body }));
    for (const one of message.buttons) if (web(one.url)) made.append(link(one.url, one.label, message));
    if (web(message.link)) made.append(link(message.link, `${w.open}: ${message.title}`, message));
    if (web(message.preferences)) made.append(make("p", {}, make("a", { href: message.preferences, textContent: w.choose })));
    return made;
  };
  const unread = () => messages.filter((one) => !one.read).length;
  const tell = () => {
    const fresh = unread();
    count.hidden = !fresh;
    count.textContent = String(fresh);
    bell.ariaLabel = fresh ? `${w.bell}: ${fresh} ${w.fresh}` : w.bell;
    status.textContent = fresh ? `${fresh} ${w.fresh}` : "";
  };
  // What popped up by itself is read once somebody closes it.
  const toggle = (open, byItself = false) => {
    panel.hidden = !open;
    bell.ariaExpanded = String(open);
    if (!byItself) for (const one of messages.filter((message) => !message.read)) { one.read = true; say(one, "opened"); }
    tell();
    if (!byItself) (open ? panel : bell).focus();
  };
  bell.addEventListener("click", () => toggle(panel.hidden));
  close.addEventListener("click", () => toggle(false));
  root.addEventListener("keydown", (event) => { if (event.key === "Escape" && !panel.hidden) toggle(false); });

  const load = async () => {
    try {
      const answer = await fetch(new URL(`/i/${token}`, script.src), { credentials: "omit" });
      if (!answer.ok) return;
      messages = (await answer.json()).messages;
    } catch {
      return; // the shop's page works without us
    }
    list.replaceChildren(...(messages.length ? messages.map(article) : [make("p", { textContent: w.none })]));
    for (const one of messages.filter((message) => !message.read)) say(one, "delivered");
    tell();
    if (popup && unread() && panel.hidden) toggle(true, true);
  };
  const place = at && document.querySelector(at);
  if (!place) host.className = "encore-inbox";
  (place || document.body).append(host);
  if (!place) bell.classList.add("corner");
  load();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) load(); });
})();
