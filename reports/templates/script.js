"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const byId = (id) => document.getElementById(id);
  const PAGE = 50;
  const NAMES = ["adapter", "law", "verdict", "op", "dtype", "case"];
  const GLYPHS = { agree: "✓", weak: "○", imprecise: "≈", inconclusive: "~", disagree: "✗", unsupported: "–", error: "!", crash: "†", timeout: "…" };
  let table = null;
  let filters = {};
  let pageNumber = 0;

  // The address: "#place?adapter=…&verdict=…". Links within the page keep the filters.
  function readAddress() {
    const text = location.hash.slice(1);
    const cut = text.indexOf("?");
    const place = cut < 0 ? text : text.slice(0, cut);
    const params = new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1));
    const found = {};
    for (const name of [...NAMES, "show"]) if (params.get(name)) found[name] = params.get(name);
    const number = Number.parseInt(params.get("page") || "1", 10) - 1;
    return { place, filters: found, page: Number.isFinite(number) && number > 0 ? number : 0 };
  }

  function address(place) {
    const params = new URLSearchParams(filters);
    if (pageNumber) params.set("page", String(pageNumber + 1));
    const query = params.toString();
    return "#" + place + (query ? "?" + query : "");
  }

  function show(place) {
    const target = place && byId(place);
    if (!target) return;
    for (let box = target.closest("details"); box; box = box.parentElement && box.parentElement.closest("details")) box.open = true;
    target.scrollIntoView();
    const heading = target.matches("details") ? target.querySelector("summary") : target.querySelector("h1, h2");
    if (heading) {
      if (!heading.matches("summary")) heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
  }

  function followAddress() {
    const wanted = readAddress();
    filters = wanted.filters;
    pageNumber = wanted.page;
    drawTable();
    const target = byId(wanted.place);
    if (filters.show && target && target.matches(".scenario, .letter")) {
      const cards = target.matches(".letter") ? [...target.querySelectorAll(".scenario")] : [target];
      if (!cards.some((card) => card.dataset[filters.show] === "yes")) delete filters.show;
    }
    showScenarios();
    show(wanted.place);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && !link.getAttribute("href").includes("?") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      const next = address(link.getAttribute("href").slice(1));
      if (next === location.hash) show(readAddress().place);
      else location.hash = next;
      return;
    }
    if (link && link.getAttribute("href") === location.hash) show(readAddress().place);
    const button = event.target.closest("button");
    if (button && button.classList.contains("copy")) copy(button);
    if (button && button.dataset.open) for (const box of document.querySelectorAll("details.case")) box.open = button.dataset.open === "all";
  });
  addEventListener("hashchange", followAddress);

  // Scenarios: all, those where frameworks differ, or those that are not as documented.
  const choice = byId("scenario-show");
  function showScenarios() {
    if (!choice) return;
    choice.value = filters.show || "";
    for (const card of document.querySelectorAll(".scenario")) card.hidden = Boolean(filters.show) && card.dataset[filters.show] !== "yes";
    for (const letter of document.querySelectorAll(".letter")) letter.hidden = !letter.querySelector(".scenario:not([hidden])");
  }
  if (choice) {
    byId("scenario-filter").addEventListener("submit", (event) => event.preventDefault());
    choice.addEventListener("change", () => {
      if (choice.value) filters.show = choice.value; else delete filters.show;
      history.replaceState(null, "", address("scenarios"));
      showScenarios();
    });
  }

  let scripts = null;
  async function copyScript(button) {
    scripts = scripts || await decode("scripts");
    const text = scripts.scripts[Number(button.dataset.script)].map((number) => scripts.paragraphs[number]).join("\n\n");
    const area = document.createElement("textarea");
    area.value = text;
    button.after(area);
    area.select();
    let done = false;
    try { await navigator.clipboard.writeText(text); done = true; } catch { done = document.execCommand("copy"); }
    area.remove();
    button.focus();
    button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => { button.textContent = "Copy as a script"; }, 1600);
  }

  async function copy(button) {
    if (button.dataset.script) { copyScript(button); return; }
    const code = button.closest(".listing").querySelector("code");
    let done = false;
    try {
      await navigator.clipboard.writeText(code.textContent);
      done = true;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  }

  const closed = [];
  addEventListener("beforeprint", () => {
    for (const box of document.querySelectorAll("details.case.bad:not([open])")) { box.open = true; closed.push(box); }
  });
  addEventListener("afterprint", () => { for (const box of closed.splice(0)) box.open = false; });

  // The table: columns of numbers, decoded from gzip and base64.
  async function decode(id) {
    const bytes = Uint8Array.from(atob(byId(id).textContent), (letter) => letter.charCodeAt(0));
    const gzip = new DecompressionStream("gzip");
    const writer = gzip.writable.getWriter();
    const written = writer.write(bytes).then(() => writer.close());
    const [text] = await Promise.all([new Response(gzip.readable).text(), written]);
    return JSON.parse(text);
  }

  function option(select, text) {
    const element = document.createElement("option");
    element.value = text;
    element.textContent = text;
    select.append(element);
  }

  function fillFilters() {
    const used = new Set(table.columns.verdict);
    const choices = {
      adapter: table.adapters, law: table.laws, dtype: table.dtypes, op: [...table.ops].sort(),
      verdict: ["unexpected", "known", ...table.verdicts.filter((_, number) => used.has(number))],
    };
    for (const [name, texts] of Object.entries(choices)) for (const text of texts) option(byId("filter-" + name), text);
  }

  function matching() {
    const tests = [];
    const column = table.columns;
    for (const [name, list] of [["adapter", table.adapters], ["law", table.laws], ["dtype", table.dtypes]]) {
      if (!filters[name]) continue;
      const number = list.indexOf(filters[name]);
      tests.push((row) => column[name][row] === number);
    }
    if (filters.verdict === "unexpected" || filters.verdict === "known") {
      const rows = table[filters.verdict + "Rows"];
      tests.push((row) => rows.has(row));
    } else if (filters.verdict) {
      const number = table.verdicts.indexOf(filters.verdict);
      tests.push((row) => column.verdict[row] === number);
    }
    if (filters.op) {
      const number = table.ops.indexOf(filters.op);
      const holds = table.caseOps.map((ops) => ops.includes(number));
      tests.push((row) => holds[column.case[row]]);
    }
    if (filters.case) {
      const holds = table.cases.map((id) => id.startsWith(filters.case));
      tests.push((row) => holds[column.case[row]]);
    }
    const rows = [];
    for (let row = 0; row < column.case.length; row += 1) if (tests.every((test) => test(row))) rows.push(row);
    return rows;
  }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function caseCell(number) {
    const cell = element("td");
    const code = element("code", "", table.cases[number]);
    if (!table.anchors[number]) { cell.append(code); return cell; }
    const link = element("a");
    link.href = "#" + table.anchors[number];
    link.append(code);
    cell.append(link);
    return cell;
  }

  function drawRow(row) {
    const column = table.columns;
    const verdict = table.verdicts[column.verdict[row]];
    const line = element("tr", table.unexpectedRows.has(row) ? "unexpected" : "");
    const first = element("td");
    first.append(element("span", "verdict " + verdict, (GLYPHS[verdict] || "") + " " + verdict));
    if (table.knownRows.has(row)) first.append(element("span", "sub", "◆ known"));
    const peer = table.peers[column.peer[row]];
    const adapter = element("td");
    adapter.append(element("code", "", table.adapters[column.adapter[row]]));
    if (peer) adapter.append(element("span", "sub", "against " + peer));
    const law = element("td");
    law.append(element("code", "", table.laws[column.law[row]]));
    const ratio = table.ratio[row];
    const detail = element("td", "detail", table.details[column.detail[row]]);
    const gap = table.gaps[row];
    if (gap) detail.append(element("span", "sub", `${gap[0]}: measured ${gap[1]}, reference ${gap[2]} ± ${gap[3]}, bound ${gap[4]}, gap ${gap[5]}`));
    line.append(first, law, adapter, element("td", "", table.dtypes[column.dtype[row]]), caseCell(column.case[row]),
      element("td", "number", ratio === null ? "–" : ratio === 0 ? "0" : ratio.toPrecision(2)), detail);
    return line;
  }

  function drawTable() {
    if (!table) return;
    for (const name of NAMES) {
      const control = byId("filter-" + name);
      const wanted = filters[name] || "";
      if (control.tagName === "SELECT" && wanted && ![...control.options].some((one) => one.value === wanted)) option(control, wanted);
      if (control.value !== wanted) control.value = wanted;
    }
    const rows = matching();
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    pageNumber = Math.min(pageNumber, pages - 1);
    byId("rows").replaceChildren(...rows.slice(pageNumber * PAGE, (pageNumber + 1) * PAGE).map(drawRow));
    const all = table.columns.case.length;
    const more = table.leftOut ? `; ${table.leftOut.toLocaleString("en")} more had no room on this page` : "";
    byId("table-count").textContent = (rows.length === all ? `${all.toLocaleString("en")} verdicts` : `${rows.length.toLocaleString("en")} of ${all.toLocaleString("en")} verdicts`) + more;
    byId("page-count").textContent = `page ${pageNumber + 1} of ${pages.toLocaleString("en")}`;
    byId("previous").disabled = pageNumber === 0;
    byId("next").disabled = pageNumber >= pages - 1;
  }

  function changed() {
    history.replaceState(null, "", address("verdicts"));
    drawTable();
  }

  const form = byId("filters");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    filters = filters.show ? { show: filters.show } : {};
    for (const name of NAMES) if (byId("filter-" + name).value) filters[name] = byId("filter-" + name).value;
    pageNumber = 0;
    changed();
  });
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    filters = filters.show ? { show: filters.show } : {};
    pageNumber = 0;
    changed();
  });
  for (const [id, step] of [["previous", -1], ["next", 1]]) {
    byId(id).addEventListener("click", () => { pageNumber += step; changed(); byId("verdicts").scrollIntoView(); });
  }

  async function start() {
    const state = byId("table-state");
    if (typeof DecompressionStream === "undefined") {
      state.textContent = "This browser has no DecompressionStream and cannot decode the table; everything else on this page is complete.";
      return;
    }
    try {
      table = await decode("packed");
    } catch {
      state.textContent = "The table could not be decoded; is the file whole?";
      return;
    }
    table.unexpectedRows = new Set(table.unexpected);
    table.knownRows = new Set(table.known);
    state.hidden = true;
    byId("table").hidden = false;
    fillFilters();
    followAddress();
  }
  filters = readAddress().filters;
  showScenarios();
  show(readAddress().place);
  start();
})();
