// The copy button stays hidden where the browser cannot copy; the link can be read and marked in any case.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.closest("li").hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    document.querySelector("[role=status]").textContent = button.dataset.done;
  });
}
