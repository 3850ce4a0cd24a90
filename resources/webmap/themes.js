"use strict";
/* Schools colored by a week's visits, calls or readiness; only where the audience may see them. */
(function () {
  const { data, sites, told } = window.planner;
  const choice = document.getElementById("theme");
  if (!choice) return;
  const slider = document.getElementById("week");
  const week = document.getElementById("week-name");
  const legend = document.getElementById("theme-key");
  const counts = {
    visits: ["#a33b00", "#b7d7ee", "#5a9fd0", "#0b559f"], calls: ["#d8dadc", "#f7cda0", "#e0832f", "#a33b00"],
  };
  const statuses = {
    o: ["#a33b00", "!", "overdue"], d: ["#e69f00", "·", "due"], k: ["#009e73", "✓", "done"],
    r: ["#8c96a0", "?", "no record on file"], n: ["#d8dadc", "–", "nothing asked yet"],
  };
  const words = { visits: ["no visit", "1 visit", "2 visits", "3 or more"], calls: ["no call", "1 call", "2 calls", "3 or more"] };

  function shown(one, theme, at) {
    const value = one.site[theme] && one.site[theme][at];
    if (value === undefined) return null;
    if (theme === "readiness") return [statuses[value][0], statuses[value][1], statuses[value][2], value];
    const step = Math.min(value, 3);
    return [counts[theme][step], String(value), words[theme][step], step];
  }
  function dark(color) {
    const part = [1, 3, 5].map(function (at) { return parseInt(color.slice(at, at + 2), 16); });
    return 0.299 * part[0] + 0.587 * part[1] + 0.114 * part[2] < 130;
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
      shape.style.fill = is ? is[0] : one.site.zone === null ? "" : data.zones[one.site.zone].color;
      let said = one.site.told;
      if (is) {
        const text = L.SVG.create("text");
        text.textContent = is[1];
        text.setAttribute("class", dark(is[0]) ? "sign light" : "sign");
        text.setAttribute("y", one.site.shape === "triangle" ? 5 : 3.6);
        shape.parentNode.append(text);
        const kind = { visits: "Visits", calls: "Calls", readiness: "Readiness" }[theme];
        one.week = [kind, (theme === "readiness" ? is[2] : is[1]) + ", " + data.weeks[at].replace("Week", "week")];
        said += ", " + is[2];
        const key = is[2];
        const row = seen.get(key) || { color: is[0], order: is[3], count: 0 };
        row.count += 1;
        seen.set(key, row);
      }
      one.marker.getElement().setAttribute("aria-label", one.site.name + ", " + said);
    });
    if (theme === "zone") return;
    const order = ["o", "d", "k", "n"];
    const rows = Array.from(seen.entries()).sort(function (one, other) {
      const rank = function (row) { return typeof row.order === "string" ? order.indexOf(row.order) : row.order; };
      return rank(one[1]) - rank(other[1]);
    });
    rows.forEach(function (entry) {
      const row = legend.appendChild(document.createElement("li"));
      const swatch = row.appendChild(document.createElement("span"));
      swatch.className = "dot";
      swatch.style.background = entry[1].color;
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
