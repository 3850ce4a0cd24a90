"use strict";
/* The basemap: streets, water and parks drawn by tiles below the zones, and what is written on it. */
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const found = data.basemap;
  if (!found) return;
  const map = window[data.map];
  const world = 40075016.7;

  function numbers(packed) {
    const bytes = atob(packed);
    const made = [];
    let value = 0, factor = 1;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes.charCodeAt(at);
      value += (byte & 127) * factor;
      factor *= 128;
      if (byte < 128) {
        made.push(value % 2 ? -(value + 1) / 2 : value / 2);
        value = 0;
        factor = 1;
      }
    }
    return made;
  }

  /* Each part's corners in pixels of zoom 0, where the world is 256 wide, its box and its name. */
  function unpack(kind) {
    const own = found.kinds[kind];
    const xy = numbers(own.xy), counts = numbers(own.count), names = numbers(own.name);
    let lon = 0, lat = 0, at = 0, name = 0;
    return counts.map(function (count, n) {
      const points = new Float64Array(2 * count);
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      for (let i = 0; i < count; i += 1) {
        lon += xy[at];
        lat += xy[at + 1];
        at += 2;
        const sine = Math.sin(lat / 1e5 * Math.PI / 180);
        const x = 256 * (lon / 1e5 / 360 + 0.5);
        const y = 256 * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI));
        points[2 * i] = x;
        points[2 * i + 1] = y;
        box[0] = Math.min(box[0], x);
        box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x);
        box[3] = Math.max(box[3], y);
      }
      name += names[n];
      return { points: points, box: box, name: own.names[name], of: name };
    });
  }
  const parts = {};
  Object.keys(found.kinds).forEach(function (kind) { parts[kind] = unpack(kind); });

  function metersAt(zoom) {
    return world * Math.cos(map.getCenter().lat * Math.PI / 180) / (256 * Math.pow(2, zoom));
  }
  function lookAt(scale) {
    return data.scales.findIndex(function (one) { return one.below === null || scale < one.below; });
  }
  function width(kind, scale) {
    const style = found.style[kind];
    const px = scale < style.below ? style.px[lookAt(scale)] : 0;
    return px ? Math.max(px, style.m / scale) : 0;
  }
  function ink(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }
  function color(role) { return ink("map-" + role.replace("_", "-")); }
  function inside(box, seen) {
    return box[0] <= seen[2] && seen[0] <= box[2] && box[1] <= seen[3] && seen[1] <= box[3];
  }

  const Streets = L.GridLayer.extend({
    createTile: function (at) {
      const tile = document.createElement("canvas");
      const size = this.getTileSize(), ratio = window.devicePixelRatio || 1;
      tile.width = size.x * ratio;
      tile.height = size.y * ratio;
      const pen = tile.getContext("2d");
      const scale = Math.pow(2, at.z), left = at.x * size.x, top = at.y * size.y, margin = 14;
      const seen = [(left - margin) / scale, (top - margin) / scale, (left + size.x + margin) / scale, (top + size.y + margin) / scale];
      const meters = metersAt(at.z);
      pen.scale(ratio, ratio);
      pen.lineJoin = pen.lineCap = "round";
      function trace(part) {
        const points = part.points;
        for (let i = 0; i < points.length; i += 2) {
          const x = points[i] * scale - left, y = points[i + 1] * scale - top;
          if (i) pen.lineTo(x, y); else pen.moveTo(x, y);
        }
      }
      function near(kind) {
        return (parts[kind] || []).filter(function (part) { return inside(part.box, seen); });
      }
      found.areas.forEach(function (kind) {
        if (!parts[kind] || meters >= found.style[kind].below) return;
        pen.fillStyle = color(kind);
        pen.beginPath();
        near(kind).forEach(function (part) { trace(part); pen.closePath(); });
        pen.fill("evenodd");
      });
      const drawn = found.lines.filter(function (kind) { return parts[kind] && width(kind, meters); })
        .map(function (kind) { return [near(kind), width(kind, meters), found.style[kind], kind]; });
      function stroke(lines, px, role) {
        pen.strokeStyle = color(role);
        pen.lineWidth = px;
        pen.beginPath();
        lines.forEach(trace);
        pen.stroke();
      }
      drawn.forEach(function (one) {
        const thin = one[1] < found.style.thin_px;
        stroke(one[0], thin ? one[1] : one[1] + 2 * found.style.case_px, thin ? "thin-" + one[3] : one[2].case);
      });
      drawn.forEach(function (one) {
        if (one[1] >= found.style.thin_px) stroke(one[0], one[1], one[2].color);
      });
      return tile;
    },
  });
  const pane = map.createPane("streets");
  pane.style.zIndex = 210;
  const streets = new Streets({ pane: "streets", keepBuffer: 3, maxNativeZoom: 18, updateWhenZooming: false });
  streets.addTo(map);

  /* Words: names along streets, numbers of freeways, signs of hospitals and stations, places. */
  const words = L.DomUtil.create("canvas", "basemap-words", map.getPane("words"));
  function longest(points, scale, room) {
    let best = null;
    for (let i = 0; i + 3 < points.length; i += 2) {
      const x = points[i], y = points[i + 1];
      let j = i + 2;
      while (j + 2 < points.length && Math.hypot(points[j] - x, points[j + 1] - y) * scale < room) j += 2;
      const dx = points[j] - x, dy = points[j + 1] - y, long = Math.hypot(dx, dy) * scale;
      if (long < room) continue;
      const share = room / long / 2;
      const spot = { x: x + dx * share, y: y + dy * share, angle: Math.atan2(dy, dx) };
      let off = 0;
      for (let k = i + 2; k < j; k += 2) {
        off = Math.max(off, Math.abs((points[k] - x) * dy - (points[k + 1] - y) * dx) / Math.hypot(dx, dy) * scale);
      }
      if (off < 4) { best = best || []; best.push(spot); i = j; }
    }
    return best || [];
  }
  function write(taken) {
    const size = map.getSize(), ratio = window.devicePixelRatio || 1;
    const zoom = map.getZoom(), scale = Math.pow(2, zoom), meters = metersAt(zoom);
    const origin = map.getPixelBounds().min;
    words.width = size.x * ratio;
    words.height = size.y * ratio;
    words.style.width = size.x + "px";
    words.style.height = size.y + "px";
    L.DomUtil.setPosition(words, map.containerPointToLayerPoint([0, 0]));
    const pen = words.getContext("2d");
    pen.scale(ratio, ratio);
    const family = getComputedStyle(document.body).fontFamily;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    const seen = [origin.x / scale, origin.y / scale, (origin.x + size.x) / scale, (origin.y + size.y) / scale];
    const written = {};
    function free(box) {
      return !taken.some(function (one) { return one[0] < box[2] && box[0] < one[2] && one[1] < box[3] && box[1] < one[3]; });
    }
    function around(x, y, wide, high) { return [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]; }
    function plate(x, y, text, rim) {
      pen.font = "600 11px " + family;
      const wide = Math.max(16, pen.measureText(text).width + 8), box = around(x, y, wide, 16);
      if (!free(box)) return;
      taken.push(box);
      pen.fillStyle = ink("panel");
      pen.strokeStyle = ink(rim);
      pen.lineWidth = 1.2;
      pen.beginPath();
      pen.roundRect(box[0], box[1], wide, 16, 3);
      pen.fill();
      pen.stroke();
      pen.fillStyle = ink("text");
      pen.fillText(text, x, y + 0.5);
    }
    function name(x, y, text, angle, shade) {
      const wide = pen.measureText(text).width;
      const turn = angle > Math.PI / 2 ? angle - Math.PI : angle <= -Math.PI / 2 ? angle + Math.PI : angle;
      const boxes = [];
      for (let at = 6 - wide / 2; at < wide / 2; at += 10) {
        boxes.push(around(x + at * Math.cos(turn), y + at * Math.sin(turn), 16, 18));
      }
      if (!boxes.every(free)) return false;
      taken.push.apply(taken, boxes);
      pen.save();
      pen.translate(x, y);
      pen.rotate(turn);
      pen.strokeStyle = ink("halo");
      pen.lineWidth = 3;
      pen.strokeText(text, 0, 0);
      pen.fillStyle = ink(shade);
      pen.fillText(text, 0, 0);
      pen.restore();
      return true;
    }
    function fresh(key, x, y, every) {
      const others = written[key] = written[key] || [];
      if (others.some(function (one) { return Math.hypot(one[0] - x, one[1] - y) < every; })) return false;
      others.push([x, y]);
      return true;
    }
    (parts.freeway || []).forEach(function (part) {
      if (!part.name || !inside(part.box, seen)) return;
      for (let i = 0; i < part.points.length; i += 2) {
        const x = part.points[i] * scale - origin.x, y = part.points[i + 1] * scale - origin.y;
        if (x > 20 && y > 20 && x < size.x - 20 && y < size.y - 20 && fresh("shield " + part.name, x, y, 260)) plate(x, y, part.name, "map-freeway-case");
      }
    });
    Object.keys(found.signs).forEach(function (kind) {
      if (meters > 20) return;
      (parts[kind] || []).forEach(function (part) {
        plate(part.points[0] * scale - origin.x, part.points[1] * scale - origin.y, found.signs[kind], "quiet");
      });
    });
    pen.font = "11px " + family;
    found.places.forEach(function (kind) {
      (parts[kind] || []).forEach(function (part) {
        if (inside(part.box, seen)) name(part.points[0] * scale - origin.x, part.points[1] * scale - origin.y, part.name.toUpperCase(), 0, "quiet");
      });
    });
    let room = 110;
    found.lines.slice().reverse().forEach(function (kind) {
      if (!parts[kind] || kind === "freeway" || kind === "arterial" || meters >= found.style[kind].named) return;
      parts[kind].forEach(function (part) {
        if (!part.name || room <= 0 || !inside(part.box, seen)) return;
        const wide = pen.measureText(part.name).width;
        longest(part.points, scale, wide + 8).forEach(function (spot) {
          const x = spot.x * scale - origin.x, y = spot.y * scale - origin.y;
          if (x < 0 || y < 0 || x > size.x || y > size.y || !fresh(part.name, x, y, 300)) return;
          if (name(x, y, part.name, spot.angle, "map-road-text")) room -= 1;
        });
      });
    });
  }
  /* Paper does not wait for tiles to fade in, and a canvas is printed on white, which covers what
     is below it: for paper the tiles of its view are made at once, and all are pictures. */
  let pictures = [];
  function showPictures() {
    streets.redraw();
    pictures = Array.from(pane.querySelectorAll("canvas")).concat(words).map(function (canvas) {
      const picture = new Image();
      picture.className = canvas.className;
      picture.style.cssText = canvas.style.cssText;
      picture.src = canvas.toDataURL();
      canvas.replaceWith(picture);
      return [picture, canvas];
    });
  }
  function hidePictures() {
    pictures.forEach(function (pair) { pair[0].replaceWith(pair[1]); });
    pictures = [];
  }
  window.patrolBasemap = { write: write, showPictures: showPictures, hidePictures: hidePictures };
  map.on("zoomstart", function () { words.width = 0; });
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", function () { streets.redraw(); map.fire("moveend"); });
  const box = document.getElementById("shows-basemap");
  box.addEventListener("change", function () {
    pane.style.display = words.style.display = box.checked ? "" : "none";
    document.body.classList.toggle("plain-ground", !box.checked);
  });
}());
