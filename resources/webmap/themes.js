"use strict";
/* Schools colored by a week's visits, calls or readiness; only where the audience may see them. */
(function () {
  const { data, sites, told } = window.planner;
  const choice = document.getElementById("theme");
  if (!choice) return;
  const slider = document.getElementById("week");
  const week = document.getElementById("week-name");
  const legend = document.getElementById("theme-key");
  /* Names of colors of the page, which differ by day and by night; on-NAME is the ink on one. */
  const counts = {
    visits: ["lateness-4", "lateness-2", "lateness-1", "lateness-0"], calls: ["amount-0", "amount-1", "amount-2", "amount-3"],
  };
  const statuses = {
    o: ["status-0", "!", "overdue"], d: ["status-1", "·", "due"], k: ["status-3", "✓", "done"],
    r: ["status-2", "?", "no record on file"], n: ["status-4", "–", "nothing asked yet"],
  };
  const words = { visits: ["no visit", "1 visit", "2 visits", "3 or more"], calls: ["no call", "1 call", "2 calls", "3 or more"] };

  function shown(one, theme, at) {
    const value = one.site[theme] && one.site[theme][at];
    if (value === undefined) return null;
    if (theme === "readiness") return [statuses[value][0], statuses[value][1], statuses[value][2], value];
    if (value === null) return ["status-4", "?", "not on record", 5];
    if (theme === "visits" && value === 0 && !data.in_school[at]) return ["status-4", "–", "no school", 4];
    const step = Math.min(value, 3);
    return [counts[theme][step], String(value), words[theme][step], step];
  }
  function paint() {
    const theme = choice.value;
    const at = Number(slider.value);
    const seen = new Map();
    document.getElementById("weeks").hidden = theme === "zone";
    document.body.classList.toggle("themed", theme !== "zone");
    legend.replaceChildren();
    week.textContent = data.weeks[at];
    slider.setAttribute("aria-valuetext", data.weeks[at]);
    sites.forEach(function (one) {
      const shape = one.marker.getElement().querySelector(".shape");
      const old = one.marker.getElement().querySelector("text");
      if (old) old.remove();
      one.week = null;
      const is = theme === "zone" ? null : shown(one, theme, at);
      const mark = data.marks[one.site.shape] || data.marks.circle;
      if (mark.inner) shape.setAttribute("d", is ? mark.signed : mark.inner);
      shape.style.fill = is ? "var(--" + is[0] + ")" : one.site.zone === null ? "" : data.zones[one.site.zone].color;
      let said = one.site.told;
      if (is) {
        const text = L.SVG.create("text");
        text.textContent = is[1];
        text.setAttribute("class", "sign");
        text.style.fill = "var(--on-" + is[0] + ")";
        text.setAttribute("y", one.site.shape === "triangle" ? 5 : 3.6);
        shape.parentNode.append(text);
        const kind = { visits: "Visits", calls: "Calls", readiness: "Readiness" }[theme];
        one.week = [kind, (theme === "readiness" || is[3] > 3 ? is[2] : is[1]) + ", " + data.weeks[at].replace("Week", "week")];
        said += ", " + is[2];
        const key = is[2];
        const row = seen.get(key) || { color: is[0], order: is[3], count: 0 };
        row.count += 1;
        seen.set(key, row);
      }
      one.marker.getElement().setAttribute("aria-label", one.site.name + ", " + said);
    });
    if (theme === "zone") return;
    const order = ["o", "r", "d", "k", "n"];
    const rows = Array.from(seen.entries()).sort(function (one, other) {
      const rank = function (row) { return typeof row.order === "string" ? order.indexOf(row.order) : row.order; };
      return rank(one[1]) - rank(other[1]);
    });
    rows.forEach(function (entry) {
      const row = legend.appendChild(document.createElement("li"));
      const swatch = row.appendChild(document.createElement("span"));
      swatch.className = "dot";
      swatch.style.background = "var(--" + entry[1].color + ")";
      row.append(entry[0] + ": " + entry[1].count + (entry[1].count === 1 ? " school" : " schools"));
    });
    told.textContent = data.weeks[at] + ": " + rows.map(function (entry) { return entry[0] + ": " + entry[1].count; }).join(", ") + ".";
  }
  choice.addEventListener("change", paint);
  slider.addEventListener("input", paint);
  document.querySelectorAll("[data-step]").forEach(function (button) {
    button.addEventListener("click", function () {
      const next = Number(slider.value) + Number(button.dataset.step);
      slider.value = String(Math.max(0, Math.min(data.weeks.length - 1, next)));
      paint();
    });
  });
})();
