/* Which language the page is in, before anything of it is painted. */
const page = document.documentElement;
const remembered = { /* a file opened from disk may not remember */
  get: () => { try { return localStorage.getItem("language"); } catch { return null; } },
  set: value => { try { localStorage.setItem("language", value); } catch { /* then it does not */ } },
};
const wished = new URLSearchParams(location.search).get("language") ?? remembered.get()
  ?? (page.dataset.language === "auto" ? navigator.language.slice(0, 2) : page.dataset.language);
const translate = ["en", "es"].includes(wished) && wished !== page.lang;
if (translate) page.classList.add("waiting");
