"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const map = window[data.map];
  const still = { animate: false };
  const whole = L.latLngBounds(data.bounds);

  function drawMark(svg, shape, color) {
    const mark = data.marks[shape] || data.marks.circle;
    const part = function (name, form) { return '<path class="' + name + '" d="' + form + '"/>'; };
    svg.innerHTML = part("under", mark.outer) + (mark.inner ? part("around", mark.outer) : "") + part("shape", mark.inner || mark.outer);
    if (color) svg.querySelector(".shape").style.fill = color;
  }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function directions(at) {
    const way = element("a", "way", "Directions");
    way.href = "https://www.google.com/maps/dir/?api=1&destination=" + at[0] + "," + at[1];
    way.target = "_blank";
    way.rel = "noopener noreferrer";
    return way;
  }

  function card(title, rows, at) {
    const box = element("div");
    const head = element("h2", "", title);
    head.tabIndex = -1;
    box.append(head);
    const list = element("dl");
    for (const [label, value] of rows) {
      const said = element("dd", label === "Note" ? "whole" : "");
      if (label === "Phone" && value) {
        const call = element("a", "", value);
        call.href = "tel:" + value.replace(/[^0-9+]/g, "");
        said.append(call);
      } else {
        said.textContent = value || "not known";
      }
      list.append(element("dt", "", label), said);
    }
    box.append(list);
    if (at) box.append(directions(at));
    return box;
  }

  function text(className, words, at, pane) {
    const span = element("span", "", words);
    const icon = L.divIcon({ className: className, html: span, iconSize: [0, 0] });
    return L.marker(at, { icon: icon, interactive: false, keyboard: false, pane: pane }).addTo(map);
  }

  map.attributionControl.setPrefix("Leaflet"); // the library's own has a flag
  if (data.credit) map.attributionControl.addAttribution(data.credit);
  L.control.zoom({ position: "topright" }).addTo(map);
  L.control.scale({ maxWidth: 140, imperial: false }).addTo(map);
  L.control.scale({ maxWidth: 140, metric: false }).addTo(map);
  for (const [pane, level] of [["words", 590], ["numbers", 640]]) {
    map.createPane(pane).style.zIndex = level;
    map.getPane(pane).style.pointerEvents = "none";
  }

  /* The view stays where the reader left it: only the whole district is fitted anew to a window. */
  let wholeInSight = false;
  let fitting = false;
  let sites = null;
  function leave() { if (!fitting) wholeInSight = false; }
  map.on("dragstart zoomstart", leave);
  map.getContainer().addEventListener("keydown", function (event) {
    if (event.key.startsWith("Arrow")) leave();
  });
  map.on("resize", function () {
    fitCards();
    if (wholeInSight) showAll();
  });

  /* What is shown whole stands clear of the buttons on the right. */
  function clearOfButtons(edge) {
    return { animate: false, paddingTopLeft: [edge, edge], paddingBottomRight: [60, edge] };
  }

  /* On paper there are no buttons, and scale bar and credit stand below what is shown. */
  const onPaper = { animate: false, paddingTopLeft: [12, 12], paddingBottomRight: [12, 60] };

  function showAll(padding) {
    fitting = true;
    map.invalidateSize(still);
    fitCards();
    map.setMinZoom(0);
    map.fitBounds(whole, padding || clearOfButtons(12));
    map.setMinZoom(map.getZoom() - 0.5);
    fitting = false;
    wholeInSight = true;
  }

  /* Cards stand clear of the buttons on the right, which are drawn over them. */
  const beside = { autoPanPaddingTopLeft: [8, 8], autoPanPaddingBottomRight: [60, 8] };
  const outlines = [];

  /* A card is never higher or wider than the map has room for; a longer one scrolls. */
  function fitCards() {
    const room = map.getSize();
    const most = { maxHeight: Math.max(160, room.y - 90), maxWidth: Math.min(340, room.x - 160) };
    const cards = (sites || []).map(function (one) { return one.marker.getPopup(); });
    outlines.forEach(function (outline) { cards.push(outline.getPopup()); });
    cards.forEach(function (one) {
      L.setOptions(one, most);
      if (one.isOpen()) one.update();
    });
  }

  window[data.layer].eachLayer(function (layer) {
    const zone = data.zones[layer.feature.properties.zone];
    outlines[layer.feature.properties.zone] = layer;
    layer.bindPopup(function () { return card(zone.title, zone.rows); }, beside);
    layer.on("popupopen popupclose", function (event) {
      edges[layer.feature.properties.zone].classList.toggle("lit", event.type === "popupopen");
    });
  });
  /* Copies of each zone's path: its stroke within itself is the band, and its thin stroke the edge. */
  const edges = [];
  function copy(path, n, name) {
    const use = L.SVG.create("use");
    use.setAttribute("href", "#" + path.id);
    use.setAttribute("class", name + " zone-" + n);
    return use;
  }
  const last = outlines.filter(Boolean).map(function (layer) { return layer.getElement(); }).pop();
  let below = last;
  outlines.forEach(function (layer, n) {
    const path = layer.getElement();
    path.id = "outline-" + n;
    const clip = L.SVG.create("clipPath");
    clip.id = "clip-" + n;
    clip.append(copy(path, n, ""));
    const band = copy(path, n, "band");
    band.setAttribute("clip-path", "url(#clip-" + n + ")");
    edges[n] = copy(path, n, "edge");
    last.parentNode.append(clip);
    below.after(band);
    below = band;
  });
  edges.forEach(function (edge) { below.after(edge); });
  /* A thin case shows the dashes of a city's limit where a zone's edge is the same line. */
  document.querySelectorAll("path.city").forEach(function (path, n) {
    path.id = "limit-" + n;
    path.before(copy(path, n, "case"));
  });

  const numbers = data.zones.filter(function (zone) { return zone.at; }).map(function (zone) {
    return { at: L.latLng(zone.at), words: zone.id, marker: text("zone-number", zone.id, zone.at, "numbers") };
  });
  sites = data.sites.map(function (site) {
    const svg = L.SVG.create("svg");
    svg.setAttribute("viewBox", site.zone === null ? "-19 -19 38 38" : "-13 -13 26 26");
    svg.setAttribute("width", "26");
    svg.setAttribute("height", "26");
    drawMark(svg, site.shape, site.zone === null ? "" : data.zones[site.zone].color);
    const icon = L.divIcon({
      className: (site.zone === null ? "site plain" : "site") + " level-" + site.shape, html: svg,
      iconSize: [26, 26], iconAnchor: [13 - site.shift, 13], popupAnchor: [site.shift, -8],
    });
    /* Marks lie over each other: keys reach the schools by search and by the list, fingers by both. */
    const marker = L.marker(site.at, { icon: icon, keyboard: false, riseOnHover: true, zIndexOffset: site.zone === null ? -500 : 0 });
    const one = { site: site, at: L.latLng(site.at), marker: marker, week: null };
    marker.bindPopup(function () { return card(site.name, one.week ? site.rows.concat([one.week]) : site.rows, site.at); }, beside);
    marker.on("popupopen popupclose", function (event) {
      one.label.getElement().classList.toggle("read", event.type === "popupopen");
    });
    marker.addTo(map);
    marker.getElement().setAttribute("role", "img");
    marker.getElement().setAttribute("aria-label", site.name + ", " + site.told);
    marker.getElement().setAttribute("title", site.name);
    one.label = text("name", site.name, site.at, "words");
    return one;
  });
  const streets = data.streets.map(function (street) {
    const label = text("street-name", street.name, street.spots[0].at, "words");
    return { street: street, label: label };
  });

  const pen = document.createElement("canvas").getContext("2d");
  function wide(words, font) {
    pen.font = font + " " + getComputedStyle(document.body).fontFamily;
    return pen.measureText(words).width;
  }
  function around(point, width, height) {
    return [point.x - width / 2, point.y - height / 2, point.x + width / 2, point.y + height / 2];
  }
  function meets(one, other) {
    return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
  }

  /* Labels by priority without collisions: zone numbers, marks, school names, street names. */
  function placeLabels() {
    const taken = [];
    const seen = map.getPixelBounds().getSize();
    const scale = 40075016 * Math.cos(map.getCenter().lat * Math.PI / 180) / Math.pow(2, map.getZoom() + 8);
    const look = data.scales.find(function (one) { return one.below === null || scale < one.below; });
    for (const part of ["fill", "band", "number", "site"]) map.getContainer().style.setProperty("--" + part, look[part]);
    const spots = sites.map(function (one) { return map.latLngToContainerPoint(one.at); });
    numbers.forEach(function (one) {
      const box = around(map.latLngToContainerPoint(one.at), one.words.length * look.number * 0.62, look.number);
      const free = !taken.some(function (other) { return meets(box, other); });
      one.marker.getElement().style.visibility = free ? "visible" : "hidden";
      if (free) taken.push(box);
    });
    spots.forEach(function (spot, n) {
      taken.push(around(spot.add([sites[n].site.shift, 0]), 16, 16));
    });
    sites.forEach(function (one, n) {
      const span = one.label.getElement().firstChild;
      const width = wide(one.site.name, "600 12px") + 6;
      const sides = [[0, 18], [0, -18], [width / 2 + 13, 0], [-width / 2 - 13, 0]];
      let box = null;
      if (map.getZoom() >= data.names_from && one.site.zone !== null) {
        for (const side of sides) {
          const spot = spots[n].add([side[0] + one.site.shift, side[1]]);
          const tried = around(spot, width, 14);
          if (tried[0] < 0 || tried[2] > seen.x) continue;
          if (taken.some(function (other) { return meets(tried, other); })) continue;
          span.style.left = side[0] + one.site.shift + "px";
          span.style.top = side[1] + "px";
          box = tried;
          break;
        }
      }
      span.style.visibility = box ? "visible" : "hidden";
      if (box) taken.push(box);
    });
    streets.forEach(function (one) {
      const span = one.label.getElement().firstChild;
      const width = wide(one.street.name, "11px");
      let box = null;
      for (const spot of one.street.length / scale > width * 1.2 ? one.street.spots : []) {
        const turn = spot.angle * Math.PI / 180;
        const tried = around(map.latLngToContainerPoint(spot.at),
          Math.abs(width * Math.cos(turn)) + 10, Math.abs(width * Math.sin(turn)) + 12);
        if (taken.some(function (other) { return meets(tried, other); })) continue;
        one.label.setLatLng(spot.at);
        span.style.transform = "translate(-50%, -50%) rotate(" + spot.angle + "deg)";
        box = tried;
        break;
      }
      span.style.visibility = box ? "visible" : "hidden";
      if (box) taken.push(box);
    });
    if (window.patrolBasemap) window.patrolBasemap.write(taken);
  }

  /* The card of a school; by keyboard the focus goes into it, and back when it closes. */
  let from = null;
  function pick(one, focus) {
    leave();
    map.closePopup();
    from = focus ? document.activeElement : null;
    map.setView(one.at, Math.max(map.getZoom(), 14), still);
    one.marker.openPopup();
    if (focus) one.marker.getPopup().getElement().querySelector("h2").focus();
  }
  map.on("popupopen", function (event) {
    const content = event.popup.getElement().querySelector(".leaflet-popup-scrolled");
    if (content) content.tabIndex = 0;
    event.popup.getElement().addEventListener("keydown", function (pressed) {
      if (pressed.key === "Escape") map.closePopup();
    });
  });
  map.on("popupclose", function (event) {
    const at = document.activeElement;
    if (from && (at === document.body || event.popup.getElement().contains(at))) from.focus();
    from = null;
  });

  const input = document.getElementById("search");
  const list = document.getElementById("found");
  const told = document.getElementById("told");
  let found = [];
  let active = -1;
  function plain(words) {
    return words.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();
  }
  /* How many letters must change for a word to begin with what was typed: an exchange is one. */
  function slips(typed, word, most) {
    let older = null;
    let row = Array.from({ length: word.length + 1 }, function (_, n) { return n; });
    for (let i = 1; i <= typed.length; i++) {
      const next = [i];
      for (let j = 1; j <= word.length; j++) {
        const cost = typed[i - 1] === word[j - 1] ? 0 : 1;
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + cost);
        if (i > 1 && j > 1 && typed[i - 1] === word[j - 2] && typed[i - 2] === word[j - 1]) {
          next[j] = Math.min(next[j], older[j - 2] + 1);
        }
      }
      older = row;
      row = next;
    }
    return Math.min(most + 1, Math.min.apply(null, row.slice(1)));
  }
  function worth(typed, words) {
    if (words.some(function (word) { return word.startsWith(typed); })) return 0;
    const most = typed.length < 4 || /[0-9]/.test(typed) ? 0 : typed.length < 8 ? 1 : 2;
    const least = Math.min.apply(null, words.map(function (word) { return slips(typed, word, most); }));
    return least <= most ? 10 * least : Infinity;
  }
  /* What can be found: schools by name, address, ZIP code and zone; zones; main streets. */
  const places = sites.map(function (one) {
    const address = (one.site.rows.find(function (row) { return row[0] === "Address"; }) || ["", ""])[1];
    const zone = one.site.zone === null ? "" : data.zones[one.site.zone].id;
    return {
      name: one.site.name, told: one.site.told, note: one.site.told, more: plain(address + " " + zone).split(" "),
      address: address, go: function () { pick(one); },
    };
  }).concat(data.zones.map(function (zone, n) {
    return {
      name: zone.title, told: zone.rows[0][1], note: zone.title, more: plain(zone.id + " " + zone.rows[0][1]).split(" "),
      address: "", go: function () { showZone(n); },
    };
  })).concat(data.streets.map(function (street) {
    return {
      name: street.name, told: "Street", note: street.name, more: [], address: "",
      go: function () { leave(); map.closePopup(); map.setView(street.spots[0].at, Math.max(map.getZoom(), 14), still); },
    };
  }));
  places.forEach(function (one) { one.words = plain(one.name).split(" "); });
  const zoneIds = new Set(data.zones.map(function (zone) { return plain(zone.id); }));
  /* "SRO 1" means SRO1 where a zone has that name. */
  function joined(words) {
    return plain(words).replace(/([a-z]+) ([0-9]+)/g, function (apart, letters, number) {
      return zoneIds.has(letters + number) ? letters + number : apart;
    });
  }
  function matches(words) {
    const asked = joined(words).split(" ").filter(Boolean);
    if (!asked.length) return [];
    const hits = [];
    places.forEach(function (one) {
      let sum = plain(one.name).startsWith(plain(words)) ? 0 : 1;
      let named = true;
      for (const typed of asked) {
        const byName = worth(typed, one.words);
        const byMore = one.more.length ? worth(typed, one.more) + 3 : Infinity;
        named = named && byName <= byMore;
        sum += Math.min(byName, byMore);
      }
      if (sum < Infinity) hits.push({ sum: sum, one: one, told: named || !one.address ? one.told : one.address });
    });
    hits.sort(function (one, other) { return one.sum - other.sum; });
    const exact = hits.filter(function (hit) { return hit.sum < 10; });
    return (exact.length ? exact : hits).map(function (hit) {
      return { name: hit.one.name, told: hit.told, note: hit.one.note, go: hit.one.go };
    });
  }
  function show(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
  }
  function mark(index) {
    active = index;
    Array.from(list.children).forEach(function (row, n) { row.setAttribute("aria-selected", String(n === index)); });
    if (index >= 0) {
      input.setAttribute("aria-activedescendant", "found-" + index);
      list.children[index].scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }
  function look() {
    found = matches(input.value).slice(0, 8);
    list.replaceChildren(...found.map(function (one, n) {
      const row = element("li", "", one.name);
      row.id = "found-" + n;
      row.setAttribute("role", "option");
      row.append(element("small", "", one.told));
      row.addEventListener("mousedown", function (event) { event.preventDefault(); choose(n); });
      return row;
    }));
    const asked = input.value.trim();
    told.textContent = !asked ? "" : found.length ? "" : "Nothing here is named “" + asked + "”: try a school, a street, a ZIP code or a zone.";
    show(found.length > 0);
    mark(found.length ? 0 : -1);
  }
  function choose(index) {
    const one = found[index];
    if (!one) return;
    input.value = one.name;
    told.textContent = one.note;
    show(false);
    one.go();
  }
  input.addEventListener("input", look);
  input.addEventListener("blur", function () { show(false); });
  input.addEventListener("keydown", function (event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) { look(); return; }
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((active + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (list.hidden) look();
      choose(active);
    } else if (event.key === "Escape") {
      input.value = "";
      look();
    }
  });

  function showZone(index) {
    if (!outlines[index]) return;
    map.closePopup();
    leave();
    map.fitBounds(outlines[index].getBounds(), clearOfButtons(24));
    told.textContent = data.zones[index].title;
    if (!window.matchMedia("(max-width: 720px)").matches) outlines[index].openPopup(data.zones[index].at || undefined);
  }
  document.querySelectorAll("[data-zone]").forEach(function (button) {
    button.addEventListener("click", function () { showZone(Number(button.dataset.zone)); });
  });
  document.querySelectorAll("svg[data-shape]").forEach(function (svg) { drawMark(svg, svg.dataset.shape, ""); });

  /* map.html#search=del campo opens the first school of that name, #view=38.65,-121.3,14 a view. */
  function fromAddress() {
    const said = new URLSearchParams(location.hash.slice(1));
    const view = (said.get("view") || "").split(",").map(Number);
    if (view.length === 3 && view.every(Number.isFinite)) {
      leave();
      map.closePopup();
      map.setView([view[0], view[1]], view[2], still);
      const open = sites.find(function (one) { return one.site.id === said.get("school"); });
      if (open) open.marker.openPopup();
    }
    if (!said.get("search")) return;
    input.value = said.get("search");
    look();
    choose(0);
  }
  function linkToView() {
    const at = map.getCenter();
    const open = sites.find(function (one) { return one.marker.isPopupOpen(); });
    const view = [at.lat.toFixed(5), at.lng.toFixed(5), map.getZoom()].join(",");
    return location.href.split("#")[0] + "#view=" + view + (open ? "&school=" + encodeURIComponent(open.site.id) : "");
  }
  window.addEventListener("hashchange", fromAddress);
  /* On paper the list of schools takes the place of what is opened and searched for. */
  const all = document.querySelector(".list");
  const key = document.getElementById("key");
  let opened = false;
  let keyOpened = false;
  let left = null;
  window.addEventListener("beforeprint", function () {
    opened = all.open;
    left = wholeInSight ? null : { at: map.getCenter(), zoom: map.getZoom() };
    keyOpened = key.open;
    all.open = key.open = true;
    document.body.classList.add("printing");
    showAll(onPaper);
    if (window.patrolBasemap) window.patrolBasemap.showPictures();
  });
  window.addEventListener("afterprint", function () {
    all.open = opened;
    key.open = keyOpened;
    if (window.patrolBasemap) window.patrolBasemap.hidePictures();
    document.body.classList.remove("printing");
    showAll();
    if (!left) return;
    map.setView(left.at, left.zoom, still);
    wholeInSight = false;
  });
  map.on("zoomend moveend resize", placeLabels);
  new ResizeObserver(function () { map.invalidateSize(still); }).observe(map.getContainer());

  if (window.matchMedia("(max-width: 720px)").matches) key.open = false;
  showAll();
  /* After the first fit: bounds set before it would start a pan that goes on. */
  map.setMaxBounds(L.latLngBounds(data.reach));
  placeLabels();
  fromAddress();
  window.planner = {
    ready: performance.now(), data: data, map: map, sites: sites, told: told, pick: pick, placeLabels: placeLabels, showAll: showAll,
    linkToView: linkToView,
  };
  document.documentElement.dataset.ready = "true";
})();
