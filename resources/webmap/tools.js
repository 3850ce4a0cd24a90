"use strict";
/* Layers, list of schools, measure, locate, whole district, tiles: what one does with the map. */
(function () {
  const { data, map, sites, told, pick, placeLabels, showAll, linkToView } = window.planner;

  /* A box that is not checked hides what its selector names, on the map alone. */
  const hidden = document.head.appendChild(document.createElement("style"));
  const boxes = Array.from(document.querySelectorAll("input[data-shows]"));
  function hide() {
    const off = boxes.filter(function (box) { return !box.checked; });
    const names = off.flatMap(function (box) { return box.dataset.shows.split(","); });
    hidden.textContent = names.map(function (name) { return ".map " + name; }).join(",") +
      (names.length ? "{display:none!important}" : "");
  }
  boxes.forEach(function (box) { box.addEventListener("change", hide); });
  hide();

  let ground = null;
  const tiles = document.getElementById("tiles");
  if (tiles) tiles.addEventListener("change", function () {
    if (!ground) ground = L.tileLayer(data.tiles.url, { maxZoom: data.tiles.zoom, attribution: data.tiles.credit });
    if (tiles.checked) ground.addTo(map);
    else ground.remove();
    document.body.classList.toggle("tiled", tiles.checked);
  });

  data.pins.forEach(function (pin) {
    const icon = L.divIcon({ className: "pin", html: "✎", iconSize: [24, 24] });
    const marker = L.marker(pin.at, { icon: icon, alt: pin.text }).addTo(map);
    const words = document.createElement("p");
    words.textContent = pin.text;
    marker.bindPopup(words, { maxWidth: 280 });
    marker.getElement().setAttribute("aria-label", "Note: " + pin.text);
  });

  const list = document.getElementById("all");
  if (list) list.append(...sites.slice().sort(function (one, other) {
    return one.site.name.localeCompare(other.site.name);
  }).map(function (one) {
    const row = document.createElement("li");
    const button = row.appendChild(document.createElement("button"));
    button.type = "button";
    button.textContent = one.site.name;
    button.appendChild(document.createElement("small")).textContent = one.site.told;
    button.addEventListener("click", function () { pick(one, true); });
    return row;
  }));

  function tool(label, sign, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.innerHTML = sign;
    L.DomEvent.disableClickPropagation(button);
    button.addEventListener("click", act);
    return button;
  }
  const line = function (path) {
    return '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="' + path + '"/></svg>';
  };
  const measure = tool("Measure a distance", line("M3 16 16 3l5 5L8 21zM7 12l2 2m1-5 3 3m0-6 2 2"), toggle);
  measure.setAttribute("aria-pressed", "false");
  const locate = tool("Show where I am", line("M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm0-6v4m0 12v4M2 12h4m12 0h4"), find);
  const home = tool("Show the whole district", line("M4 10V4h6M20 10V4h-6M4 14v6h6m10-6v6h-6"), function () {
    map.closePopup();
    showAll();
    told.textContent = "The whole district is in view.";
  });
  const share = tool("Copy a link to this view", line("M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1m2 4a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1"), function () {
    const address = linkToView();
    const field = document.body.appendChild(document.createElement("textarea"));
    field.value = address;
    field.setAttribute("aria-label", "Link to this view");
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    share.focus();
    told.textContent = copied ? "The link to this view was copied." : address;
  });
  const Bar = L.Control.extend({
    options: { position: "topright" },
    onAdd: function () {
      const bar = L.DomUtil.create("div", "leaflet-bar tools");
      bar.append(home, measure, locate, share);
      return bar;
    },
  });
  map.addControl(new Bar());

  /* Measuring: each click or Enter adds a point, a click on the tool or Escape ends. */
  let points = [];
  let path = null;
  function measuring() { return measure.getAttribute("aria-pressed") === "true"; }
  function toggle() {
    const on = !measuring();
    measure.setAttribute("aria-pressed", String(on));
    document.body.classList.toggle("measuring", on);
    if (path) path.remove();
    points = [];
    path = on ? L.polyline([], { className: "measure", interactive: false }).addTo(map) : null;
    map.closePopup();
    told.textContent = on ? "Click or tap points on the map, or move the map with the arrow keys and press Enter. Press Escape to stop." : "";
    if (on) map.getContainer().focus({ preventScroll: true });
  }
  function add(at) {
    points.push(at);
    path.setLatLngs(points);
    let meters = 0;
    for (let n = 1; n < points.length; n++) meters += map.distance(points[n - 1], points[n]);
    const miles = meters / 1609.344;
    told.textContent = points.length < 2 ? "The first point is set; add the next one." :
      miles.toFixed(2) + " mi (" + (meters / 1000).toFixed(2) + " km) in a straight line over " + points.length + " points.";
  }
  map.on("click", function (event) { if (measuring()) add(event.latlng); });
  sites.forEach(function (one) {
    one.marker.on("click", function () { if (measuring()) { map.closePopup(); add(one.at); } });
  });
  map.getContainer().addEventListener("keydown", function (event) {
    if (!measuring()) return;
    if (event.key === "Enter" && event.target === map.getContainer()) add(map.getCenter());
    if (event.key === "Escape") { toggle(); measure.focus(); }
  });

  /* The place is asked of the browser and stays on this device. */
  let here = null;
  function find() {
    told.textContent = "Finding your location…";
    map.locate({ setView: false, timeout: 10000, enableHighAccuracy: true });
  }
  map.on("locationfound", function (event) {
    if (here) here.remove();
    here = L.layerGroup([
      L.circle(event.latlng, { radius: event.accuracy, className: "about", interactive: false }),
      L.circleMarker(event.latlng, { radius: 7, className: "here", interactive: false }),
    ]).addTo(map);
    const inside = map.options.maxBounds.contains(event.latlng);
    if (inside) map.setView(event.latlng, Math.max(map.getZoom(), 14), { animate: false });
    told.textContent = inside ? "You are here, within " + Math.round(event.accuracy) + " m." : "You are outside this map.";
  });
  map.on("locationerror", function () {
    told.textContent = "Your location is not available; allow this page to use it, or search for a school.";
  });
  placeLabels();
})();
