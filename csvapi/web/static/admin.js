// What Flask-Admin's pages do by inline handlers, which the Content-Security-Policy forbids.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  if (link.protocol === "javascript:" || link.getAttribute("href") === "#") event.preventDefault();
  if (link.dataset.do) window.modelActions.execute(link.dataset.do);
});
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});
