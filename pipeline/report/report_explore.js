/* Lines over a number: two chosen ones in colour, the others of their group in grey, and a slider that reads them off. */
const NUMBERS = JSON.parse(document.getElementById("numbers").textContent);
const SVG = document.createRange().createContextualFragment("<svg></svg>").firstChild.namespaceURI;
const WIDE = 720, TALL = 330, EDGE = { left: 58, right: 26, top: 14, bottom: 48 };
const sign = value => value === null || value === undefined ? "–" : written(value);
function written(value) {
  const size = Math.abs(value), digits = size && (size < 0.001 || size >= 1e5) ? { notation: "scientific", maximumSignificantDigits: 3 } : { maximumSignificantDigits: 4 };
  const parts = new Intl.NumberFormat(page.lang, digits).formatToParts(value);
  return parts.map(part => part.type === "group" && page.lang === "es" ? "\u202f" : part.value).join("").replace("-", "−");
}
function power(value) {
  const exponent = Math.round(Math.log10(value));
  return value >= 0.01 && value < 1e4 ? written(value) : "10" + String(exponent).replace(/./g, one => "⁰¹²³⁴⁵⁶⁷⁸⁹"[one] ?? "⁻");
}
function ticks(low, high, log) {
  if (log) {
    const from = Math.ceil(Math.log10(low) - 1e-9), to = Math.floor(Math.log10(high) + 1e-9), step = Math.max(1, Math.ceil((to - from) / 5));
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, at) => 10 ** (from + at * step));
  }
  const rough = (high - low) / 5 || 1, unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find(one => one * unit >= rough - 1e-12), first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, at) => +((first + at) * step).toPrecision(12));
}
function scale(low, high, from, to, log) {
  const map = log ? Math.log10 : value => value, width = map(high) - map(low) || 1;
  return value => from + (to - from) * (map(value) - map(low)) / width;
}
function make(name, settings, ...inner) {
  const one = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(settings)) one.setAttribute(key, value);
  one.append(...inner);
  return one;
}
function path(xs, ys, x, y, log) {
  let told = "", pen = false;
  ys.forEach((value, at) => {
    if (value === null || value === undefined || (log && value <= 0)) { pen = false; return; }
    told += `${pen ? "L" : "M"}${x(xs[at]).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = true;
  });
  return told;
}

function explore(part) {
  const all = NUMBERS[part.dataset.topic], view = $("[name=view]", part), first = $("[name=first]", part), second = $("[name=second]", part);
  const slide = $(".slide", part), range = $("input", slide), key = $(".key", part), readout = $(".readout", part);
  const told = () => view.selectedOptions[0].dataset;
  const nameOf = at => told().items ? told().items.split("\n")[at] : all[view.value].items[at][0];
  let x, y, seen;

  function fill() {
    const items = all[view.value].items, options = () => items.map((_, at) => new Option(nameOf(at), at));
    first.replaceChildren(...options());
    second.replaceChildren(new Option(second.dataset.none, ""), ...options());
    [first.value, second.value = ""] = all[view.value].pair;
    draw(true);
  }
  function shownItems() {
    const items = all[view.value].items, chosen = [items[first.value], second.value === "" ? null : items[second.value]];
    return { chosen, grey: items.filter(item => item[1] === chosen[0][1] && !chosen.includes(item)) };
  }
  function draw(fresh = false) {
    const data = all[view.value], { chosen, grey } = shownItems(), parts = told().parts.split("\n");
    seen = chosen;
    const values = [...chosen.filter(Boolean), ...grey].flatMap(item => item.slice(2).flat()).filter(value => value !== null && (!data.log_y || value > 0));
    const held = values.length ? values : [0, 1], sorted = [...held].sort((a, b) => a - b);
    let low = sorted[0], high = sorted.at(-1);
    const upper = sorted[Math.floor(sorted.length * 0.95)];
    if (!data.log_y && high > 8 * upper && upper > 0) high = 2 * upper;
    if (data.log_y) { low /= 1.5; high *= 1.5; } else { const room = 0.06 * (high - low) || 0.5; low = low >= 0 && low < 0.4 * high ? 0 : low - room; high += room; }
    const held_at = [...chosen.filter(Boolean), ...grey].flatMap(item => item.slice(2).flatMap(line => line.map((value, at) => value === null ? -1 : at))), last = Math.max(0, ...held_at);
    const from = data.x[0], to = data.x[last];
    if (+range.max !== last || fresh) {
      range.max = last;
      range.value = Math.min(...chosen.filter(Boolean).map(item => Math.max(0, ...item.slice(2).map(line => line.findLastIndex(value => value !== null)))));
    }
    x = scale(from, to, EDGE.left, WIDE - EDGE.right, data.log_x);
    y = scale(low, high, TALL - EDGE.bottom, EDGE.top, data.log_y);
    const svg = make("svg", { viewBox: `0 0 ${WIDE} ${TALL}`, "aria-hidden": "true", focusable: "false" });
    const inside = value => Math.max(EDGE.top - 4, y(value));
    for (const at of ticks(low, high, data.log_y)) svg.append(
      make("line", { class: "grid", x1: EDGE.left, x2: WIDE - EDGE.right, y1: y(at), y2: y(at) }),
      make("text", { x: EDGE.left - 8, y: y(at) + 4, "text-anchor": "end" }, (data.log_y ? power : written)(at)));
    const places = last < 8 ? data.x.slice(0, last + 1) : ticks(from, to, data.log_x);
    for (const at of places) svg.append(make("text", { x: x(at), y: TALL - 28, "text-anchor": "middle" }, written(at)));
    svg.append(make("text", { class: "axis", x: WIDE - EDGE.right, y: TALL - 4, "text-anchor": "end" }, told().x + " →"));
    for (const item of grey) item.slice(2).forEach(line => svg.append(make("path", { class: "other", d: path(data.x, line, x, inside, data.log_y) })));
    chosen.forEach((item, at) => item?.slice(2).forEach((line, number, lines) => svg.append(
      make("path", { class: `line ${at ? "orange" : "blue"}${lines.length > 1 && number === 0 ? " dashed" : ""}`, d: path(data.x, line, x, inside, data.log_y) }))));
    svg.append(make("g", { class: "cursor" }));
    $(".canvas", part).replaceChildren(svg);
    key.textContent = [told().y + (data.log_y ? ` (${key.dataset.powers})` : ""),
      ...(parts.length > 1 ? [key.dataset.dashed.replace("%s", parts[0]), key.dataset.solid.replace("%s", parts[1])] : []),
      ...(grey.length ? [key.dataset.grey] : [])].join(" · ");
    read();
  }
  function read() {
    const data = all[view.value], at = +range.value, place = data.x[at], parts = told().parts.split("\n");
    $("span", slide).textContent = `${told().x}: ${written(place)}`;
    range.setAttribute("aria-valuetext", `${told().x} ${written(place)}`);
    const cursor = $(".cursor", part);
    cursor.replaceChildren(make("line", { x1: x(place), x2: x(place), y1: EDGE.top, y2: TALL - EDGE.bottom }));
    const rows = [];
    seen.forEach((item, side) => {
      if (!item) return;
      const lines = item.slice(2);
      lines.forEach(line => { const value = line[at]; if (value !== null && value !== undefined && !(data.log_y && value <= 0))
        cursor.append(make("circle", { class: side ? "orange" : "blue", cx: x(place), cy: Math.max(EDGE.top - 4, y(value)), r: 5 })); });
      const row = document.createElement("span");
      row.className = side ? "orange" : "blue";
      row.textContent = `${nameOf(side ? second.value : first.value)}: ${lines.map((line, number) => (lines.length > 1 ? parts[number] + " " : "") + sign(line[at])).join(", ")}`;
      rows.push(row);
    });
    readout.replaceChildren(...rows);
  }
  view.addEventListener("change", fill);
  first.addEventListener("change", () => draw());
  second.addEventListener("change", () => draw());
  range.addEventListener("input", read);
  $(".choices", part).hidden = slide.hidden = false;
  fill();
}
