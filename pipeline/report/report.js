const form = document.querySelector(".filters"), menu = document.querySelector(".menu");
const claims = [...document.querySelectorAll(".claim")], groups = [...document.querySelectorAll(".group")];
const wanted = () => Object.entries(Object.fromEntries(new FormData(form))).filter(([, value]) => value);
function choose() {
  const keys = wanted();
  for (const claim of claims) claim.hidden = keys.some(([key, value]) => claim.dataset[key] !== value);
  for (const group of groups) group.hidden = !group.querySelector(".claim:not([hidden])");
  const shown = claims.filter(claim => !claim.hidden).length;
  form.querySelector("output").textContent = `${shown} of ${claims.length} claims shown`;
}
function remember() {
  const query = new URLSearchParams(wanted()).toString();
  try { history.replaceState(null, "", (query ? "?" + query : location.pathname) + location.hash); } catch { /* a file may not */ }
}
function recall() {
  for (const [key, value] of new URLSearchParams(location.search)) {
    const known = [...form.elements].find(one => one.name === key && (one.type !== "radio" || one.value === value));
    if (!known) continue;
    if (known.type === "radio") known.checked = true; else known.value = value;
    if (known.type !== "radio" && known.selectedIndex < 0) known.value = "";
  }
}
function clear() {
  const claim = claims.find(one => "#" + one.id === location.hash);
  if (claim && claim.hidden) { form.reset(); choose(); remember(); claim.scrollIntoView(); }
}
form.hidden = claims.length < 2;
form.addEventListener("change", () => { choose(); remember(); });
form.addEventListener("submit", event => event.preventDefault());
addEventListener("hashchange", clear);
menu?.addEventListener("click", event => { if (event.target.closest("a")) menu.open = false; });
addEventListener("keydown", event => { if (event.key === "Escape" && menu?.open) { menu.open = false; menu.firstElementChild.focus(); } });
addEventListener("click", event => { if (menu?.open && !menu.contains(event.target)) menu.open = false; });
function finish() {
  document.documentElement.classList.remove("quick");
  const fresh = performance.getEntriesByType("navigation")[0]?.type === "navigate"; /* a reload goes where it was */
  if (fresh && location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView({ behavior: "instant" });
}
recall();
choose();
clear();
addEventListener("load", () => "requestIdleCallback" in window ? requestIdleCallback(finish) : setTimeout(finish, 200));
