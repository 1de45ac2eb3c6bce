// For the shop's service worker: importScripts("https://encore.example/site/push.js");
// Shows a push message, opens what it leads to, and tells what became of it. Nothing else is kept or sent.
(() => {
  const back = (data, event) => {
    const { url, message, token, signatures } = data.back || {};
    if (!url) return Promise.resolve();
    return fetch(`${url}?signature=${encodeURIComponent(signatures[event])}`, {
      method: "POST", mode: "no-cors", keepalive: true, credentials: "omit",
      body: JSON.stringify({ message, token, event }),
    }).catch(() => undefined);
  };
  const web = (address) => (/^https?:\/\//i.test(address || "") ? address : "/");

  self.addEventListener("push", (event) => {
    let data;
    try { data = event.data.json(); } catch { return; }
    if (!data || !data.back) return;
    event.waitUntil(Promise.all([
      self.registration.showNotification(data.title || "", {
        body: data.body, image: data.media, tag: data.back.message, data,
        actions: (data.buttons || []).slice(0, 2).map((one, at) => ({ action: `open-${at}`, title: one.label })),
      }),
      back(data, "delivered"),
    ]));
  });
  self.addEventListener("notificationclick", (event) => {
    const data = event.notification.data || {};
    const chosen = /^open-(\d)$/.exec(event.action || "");
    event.notification.close();
    event.waitUntil(Promise.all([
      self.clients.openWindow(web(chosen ? data.buttons[Number(chosen[1])].url : data.link)),
      back(data, "opened"),
    ]));
  });
  self.addEventListener("notificationclose", (event) => {
    event.waitUntil(back(event.notification.data || {}, "dismissed"));
  });
})();
