// Makes the picture answer: values under the pointer, zoom by dragging, series on and off, all of it by keyboard too.
(() => {
  'use strict';
  const SVG = 'http://www.w3.org/2000/svg';
  const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const MOST_IN_TIP = 14;
  const picture = document.querySelector('#figure svg');
  const main = document.getElementById('figure');
  // an image holds nothing that has the focus
  picture.setAttribute('role', 'group');
  const panels = JSON.parse(document.getElementById('data').textContent);

  // ---- the numbers, see lib/chart/Quantities.java
  function numbers(text) {
    const list = [];
    let value = 0, shift = 0;
    for (const c of text) {
      const digit = DIGITS.indexOf(c);
      value += (digit & 31) * 2 ** shift;
      if (digit & 32) { shift += 5; continue; }
      list.push(value % 2 ? -(value - 1) / 2 : value / 2);
      value = shift = 0;
    }
    return list;
  }
  function sums(text) {
    let sum = 0;
    return numbers(text).map(n => sum += n);
  }
  function unpack(panel, series) {
    const scale = 10 ** panel.decimals;
    series.v = sums(series.v).map(n => n / scale);
    if (series.t !== undefined) {
      series.t = sums(series.t).map(ms => ms / 1000);
    } else {
      const runs = numbers(series.runs), at = [];
      for (let i = 0, bucket = 0; i < runs.length; i += 2) {
        bucket += runs[i];
        for (let k = 0; k < runs[i + 1]; k++) at.push(bucket++);
      }
      series.t = at.map(panel.middle);
    }
    for (const bound of ['low', 'high']) {
      if (series[bound]) series[bound] = numbers(series[bound]).map(n => n / scale);
    }
  }
  for (const panel of panels) {
    if (panel.grid.edges !== undefined) {
      const edges = sums(panel.grid.edges).map(ms => ms / 1000);
      panel.middle = i => (edges[i] + edges[i + 1]) / 2;
    } else {
      panel.middle = i => (panel.grid.start + (i + .5) * panel.grid.step) / 1000;
    }
    for (const series of panel.series) unpack(panel, series);
  }

  // ---- time, on the clock of the chart's zone
  function offset(panel, time) {
    let last = panel.offsets[0][1];
    for (const [from, seconds] of panel.offsets.slice(1)) if (time >= from) last = seconds;
    return last;
  }
  function clock(panel, time) {
    return new Date(Math.round((time + offset(panel, time)) * 1000)).toISOString();
  }
  const STEPS = [.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
    7200, 10800, 14400, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000];
  function ticks(panel, from, to, most) {
    const step = STEPS.find(s => (to - from) / s <= most) || STEPS.at(-1);
    const list = [];
    const start = Math.floor((from + offset(panel, from)) / step) * step;
    for (let local = start; local <= to + 86400 && list.length < 200; local += step) {
      const time = local - offset(panel, local - offset(panel, local));
      if (time < from || time > to) continue;
      const text = clock(panel, time);
      let label = text.slice(11, 16);
      if (step >= 86400) label = text.slice(0, 10);
      else if (step < 1) label = text.slice(17, 23);
      else if (step < 60) label = text.slice(11, 19);
      const isNewDay = step < 86400 && (list.length === 0 || text.slice(11, 19) === '00:00:00');
      list.push({time, label, date: isNewDay ? text.slice(0, 10) : ''});
    }
    return list;
  }

  // ---- values
  function shown(panel, value) {
    const size = Math.abs(value);
    if (size >= 1e12 || (size > 0 && size < 1e-6)) return value.toExponential(2).replace('-', '−');
    const digits = Math.min(panel.decimals, 9);
    return value.toLocaleString('en-US', {minimumFractionDigits: digits, maximumFractionDigits: digits})
      .replace('-', '−') + (panel.unit ? ' ' + panel.unit : '');
  }
  /** The point of a series nearest to a moment; null where the line has a gap. */
  function nearest(series, time) {
    const t = series.t;
    if (!t.length) return null;
    let low = 0, high = t.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (t[middle] <= time) low = middle; else high = middle;
    }
    const at = Math.abs(t[low] - time) <= Math.abs(t[high] - time) ? low : high;
    if (series.gap === undefined) {
      const steps = t.slice(1).map((x, i) => x - t[i]).sort((a, b) => a - b);
      series.gap = steps.length ? 2.5 * steps[steps.length >> 1] : Infinity;
    }
    return Math.abs(t[at] - time) <= series.gap ? at : null;
  }

  // ---- the picture
  function element(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (parent) parent.append(made);
    return made;
  }
  const view = {from: panels[0].time[0], to: panels[0].time[1], zoomed: false};
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  const heard = document.createElement('div');
  heard.className = 'heard';
  heard.setAttribute('aria-live', 'polite');
  const tools = document.createElement('section');
  tools.setAttribute('aria-label', 'Series');
  const reset = document.createElement('button');
  main.append(tip, heard, tools);

  panels.forEach((panel, p) => {
    const group = picture.querySelector('.panel[data-panel="' + p + '"]');
    const [left, top, width, height] = panel.plot;
    panel.group = group;
    panel.time0 = group.querySelector('.time').innerHTML;
    panel.range = panel.time.slice();
    panel.line = element('line', {class: 'cursor off', y1: top, y2: top + height}, group);
    panel.chosen = element('rect', {class: 'chosen off', y: top, height}, group);
    panel.hit = element('rect', {class: 'hit', x: left, y: top, width, height, tabindex: 0, role: 'slider',
      'aria-label': panel.title + ': arrow keys move through time, + and − zoom, Escape shows all',
      'aria-valuemin': panel.time[0], 'aria-valuemax': panel.time[1], 'aria-valuenow': panel.time[1]}, group);
    panel.x = time => left + (time - panel.range[0]) / (panel.range[1] - panel.range[0]) * width;
    panel.at = x => panel.range[0] + (x - left) / width * (panel.range[1] - panel.range[0]);
    legend(panel);
    listen(panel);
  });

  function legend(panel) {
    const row = document.createElement('div');
    row.className = 'tools';
    const heading = document.createElement('h2');
    heading.textContent = panel.title;
    row.append(heading);
    const named = panel.series.filter(s => s.n >= 0);
    if (!panel.stacked) {
      for (const s of named) {
        row.append(toggle(s.name, s.color, on => show(panel, '[data-series="' + s.n + '"]', s, on)));
      }
      const others = panel.series.filter(s => s.n < 0);
      if (panel.group.querySelector('.others')) {
        const all = others.concat([{}]);
        row.append(toggle('others', 'var(--quiet)', on => all.forEach(s => show(panel, '.others', s, on))));
      }
    }
    if (row.children.length > 1) tools.append(row);                 // the parts of a stack stay together
  }
  function toggle(name, color, act) {
    const label = document.createElement('label');
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.checked = true;
    box.addEventListener('change', () => act(box.checked));
    const swatch = document.createElement('span');
    swatch.className = 'swatch';
    swatch.style.background = color;
    label.append(box, swatch, name);
    return label;
  }
  function show(panel, selector, series, on) {
    series.off = !on;
    for (const part of panel.group.querySelectorAll(selector)) part.classList.toggle('off', !on);
  }

  // ---- pointing
  function pointed(panel, event) {
    const box = picture.getBoundingClientRect();
    const scale = picture.viewBox.baseVal.width / box.width;
    return {x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale, scale, box};
  }
  function listen(panel) {
    let start = null;
    const [left, , width] = panel.plot;
    const clamp = x => Math.max(left, Math.min(left + width, x));
    panel.hit.addEventListener('pointermove', event => {
      const point = pointed(panel, event);
      if (start !== null) {
        panel.chosen.classList.remove('off');
        panel.chosen.setAttribute('x', Math.min(start, clamp(point.x)));
        panel.chosen.setAttribute('width', Math.abs(clamp(point.x) - start));
      }
      point_at(panel, panel.at(point.x), point);
    });
    panel.hit.addEventListener('pointerdown', event => {
      if (event.button !== 0) return;
      start = clamp(pointed(panel, event).x);
      panel.hit.setPointerCapture(event.pointerId);
    });
    panel.hit.addEventListener('pointerup', event => {
      const end = clamp(pointed(panel, event).x);
      panel.chosen.classList.add('off');
      if (start !== null && Math.abs(end - start) > 6) {
        zoom(panel.at(Math.min(start, end)), panel.at(Math.max(start, end)));
      }
      start = null;
    });
    panel.hit.addEventListener('pointerleave', leave);
    panel.hit.addEventListener('dblclick', () => zoom(panel.time[0], panel.time[1]));
    panel.hit.addEventListener('focus', () => {
      if (panel.hit.matches(':focus-visible')) point_at(panel, panel.now ?? panel.range[1], null);
    });
    panel.hit.addEventListener('blur', leave);
    panel.hit.addEventListener('keydown', event => {
      const length = panel.range[1] - panel.range[0];
      const now = panel.now ?? panel.range[1];
      const step = length / 200 * (event.shiftKey ? 10 : 1);
      const moves = {ArrowLeft: -step, ArrowRight: step, Home: -length, End: length};
      if (event.key in moves) {
        point_at(panel, Math.max(panel.range[0], Math.min(panel.range[1], now + moves[event.key])), null);
      } else if (event.key === '+' || event.key === '=') {
        zoom(Math.max(panel.time[0], now - length / 4), Math.min(panel.time[1], now + length / 4));
      } else if (event.key === '-' || event.key === '−') {
        zoom(Math.max(panel.time[0], now - length), Math.min(panel.time[1], now + length));
      } else if (event.key === 'Escape' || event.key === '0') {
        zoom(panel.time[0], panel.time[1]);
      } else {
        return;
      }
      event.preventDefault();
    });
  }
  function leave() {
    tip.hidden = true;
    for (const panel of panels) panel.line.classList.add('off');
  }
  function height(panel, value) {
    const [, top, , all] = panel.plot, [min, max, log] = panel.axis;
    const scaled = log ? Math.log10(value) : value;
    return top + all - (scaled / 2 - min / 2) / (max / 2 - min / 2) * all;
  }
  /** Shows the values at a moment. @param point where the pointer is, null for the keyboard */
  function point_at(panel, time, point) {
    panel.now = time;
    panel.hit.setAttribute('aria-valuenow', Math.round(time));
    panel.hit.setAttribute('aria-valuetext', clock(panel, time).slice(0, 19).replace('T', ' '));
    for (const other of panels) {
      const x = other.x(time);
      other.line.classList.toggle('off', x < other.plot[0] || x > other.plot[0] + other.plot[2]);
      other.line.setAttribute('x1', x);
      other.line.setAttribute('x2', x);
    }
    const rows = [];
    for (const series of panel.series) {
      if (series.off) continue;
      const i = nearest(series, time);
      if (i !== null) rows.push({series, i, value: series.v[i]});
    }
    fill(panel, time, rows, point);
    place(panel, time, point);
  }
  function fill(panel, time, rows, point) {
    rows.sort((a, b) => b.value - a.value);
    let near = null;
    if (point && !panel.stacked) {
      for (const row of rows) {
        row.far = Math.abs(height(panel, row.value) - point.y);
        if (near === null || row.far < near.far) near = row;
      }
    }
    const total = panel.stacked ? rows.reduce((sum, row) => sum + row.value, 0) : null;
    let kept = rows;
    if (rows.length > MOST_IN_TIP) {
      const close = near ? rows.slice().sort((a, b) => a.far - b.far) : rows;
      kept = rows.filter(row => close.indexOf(row) < MOST_IN_TIP);
    }
    const moment = near ? near.series.t[near.i] : time;
    tip.replaceChildren();
    const head = document.createElement('strong');
    const letters = panel.range[1] - panel.range[0] < 10 ? 23 : 19;
    head.textContent = clock(panel, moment).slice(0, letters).replace('T', ' ');
    const table = document.createElement('table');
    for (const row of kept) {
      const tr = table.insertRow();
      if (row === near) tr.className = 'near';
      const swatch = document.createElement('div');
      swatch.className = 'swatch';
      swatch.style.background = row.series.color;
      tr.insertCell().append(swatch);
      tr.insertCell().textContent = row.series.name;
      const value = tr.insertCell();
      value.className = 'value';
      value.textContent = shown(panel, row.value);
      const bounds = tr.insertCell();
      bounds.className = 'value hint';
      if (row.series.low && (row.series.low[row.i] || row.series.high[row.i])) {
        bounds.textContent = shown({...panel, unit: ''}, row.value - row.series.low[row.i]) + ' to '
          + shown({...panel, unit: ''}, row.value + row.series.high[row.i]);
      }
    }
    if (total !== null) {
      const tr = table.insertRow();
      tr.className = 'near';
      tr.insertCell();
      tr.insertCell().textContent = 'total';
      const value = tr.insertCell();
      value.className = 'value';
      value.textContent = shown(panel, total);
    }
    tip.append(head, table);
    if (rows.length > kept.length) tip.append('and ' + (rows.length - kept.length) + ' more');
    if (!rows.length) tip.append(document.createElement('br'), 'no data');
    if (!point) {
      heard.textContent = head.textContent + ': '
        + kept.map(row => row.series.name + ' ' + shown(panel, row.value)).join(', ')
        + (total !== null ? ', total ' + shown(panel, total) : '');
    }
  }
  function place(panel, time, point) {
    tip.hidden = false;
    const around = main.getBoundingClientRect(), box = picture.getBoundingClientRect();
    const scale = box.width / picture.viewBox.baseVal.width;
    const x = box.left - around.left + panel.x(time) * scale;
    const y = box.top - around.top + (point ? point.y : panel.plot[1] + 20) * scale;
    const beyond = x + 20 + tip.offsetWidth > around.width;
    tip.style.left = Math.max(0, beyond ? x - 20 - tip.offsetWidth : x + 20) + 'px';
    tip.style.top = Math.max(0, Math.min(y - 10, around.height - tip.offsetHeight)) + 'px';
  }

  // ---- zoom: all panels show the same time
  function zoom(from, to) {
    const least = panels[0].time, whole = from <= least[0] && to >= least[1];
    if (!whole && to - from < (least[1] - least[0]) / 1e5) return;
    view.zoomed = !whole;
    for (const panel of panels) {
      panel.range = whole ? panel.time.slice() : [from, to];
      const [left, , width] = panel.plot, all = panel.time[1] - panel.time[0];
      const factor = all / (panel.range[1] - panel.range[0]);
      const first = left + (panel.range[0] - panel.time[0]) / all * width;
      for (const part of panel.group.querySelectorAll('.zoom')) {
        part.setAttribute('transform', 'matrix(' + factor + ' 0 0 1 ' + (left - first * factor) + ' 0)');
      }
      for (const mark of panel.group.querySelectorAll('.mark')) {
        const old = +mark.dataset.x, x = (old - first) * factor + left;
        mark.setAttribute('transform', 'translate(' + (x - old) + ' 0)');
        mark.classList.toggle('off', x < left - 1 || x > left + width + 1);
      }
      axis(panel);
    }
    reset.disabled = !view.zoomed;
    leave();
  }
  function axis(panel) {
    const place = panel.group.querySelector('.time');
    if (!view.zoomed) {
      place.innerHTML = panel.time0;
      return;
    }
    const [left, top, width, height] = panel.plot, bottom = top + height;
    const style = getComputedStyle(document.documentElement);
    const [line, quiet, text] = ['--line', '--quiet', '--text'].map(name => style.getPropertyValue(name));
    place.replaceChildren();
    let lastDate = -Infinity;
    for (const tick of ticks(panel, panel.range[0], panel.range[1], Math.floor(width / 90))) {
      const x = panel.x(tick.time);
      element('path', {d: 'M' + x + ' ' + top + 'V' + (bottom + 5), stroke: line}, place);
      element('text', {x, y: bottom + 20, 'text-anchor': 'middle', fill: quiet}, place).textContent = tick.label;
      if (tick.date && x - lastDate > 80) {
        const look = {x, y: bottom + 37, 'text-anchor': 'middle', fill: text, 'font-weight': 600};
        element('text', look, place).textContent = tick.date;
        lastDate = x;
      }
    }
  }

  const foot = document.createElement('div');
  foot.className = 'tools';
  reset.type = 'button';
  reset.textContent = 'Show all';
  reset.disabled = true;
  reset.addEventListener('click', () => zoom(panels[0].time[0], panels[0].time[1]));
  const hint = document.createElement('span');
  hint.className = 'hint';
  hint.textContent = 'Point for values; drag to zoom. Keys, after Tab: ← → move, Shift faster, + − zoom, Esc '
    + 'shows all. Times: ' + panels[0].zone + '.';
  foot.append(reset, hint);
  main.append(foot);
})();
