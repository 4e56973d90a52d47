// What the page can do beyond being read: search, sort, theme, copy, links into what is closed.
// It is complete without this. Nothing here writes HTML: names from a database are only ever text.
(() => {
  'use strict';
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const root = document.documentElement;

  function element(tag, text, attributes = {}) {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  // ---- light or dark

  one('.theme').addEventListener('click', () => {
    const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    root.dataset.theme = (root.dataset.theme || system) === 'dark' ? 'light' : 'dark';
    try {
      localStorage.setItem('explore-theme', root.dataset.theme);
    } catch (refused) {
      // it holds for this page alone then
    }
  });

  // ---- a link opens what holds its target

  function reveal() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let part = target; part; part = part.parentElement) {
      if (part.tagName === 'DETAILS') part.open = true;
    }
    target.scrollIntoView();
    // what is above it may get its real height only now
    setTimeout(() => target.scrollIntoView(), 120);
  }
  addEventListener('hashchange', reveal);
  reveal();
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.getAttribute('href') === location.hash) setTimeout(reveal);
  });

  // ---- sorting: numbers start with the biggest, text with A

  function sort(table, header, column) {
    const numbers = header.classList.contains('n');
    const first = numbers ? 'descending' : 'ascending';
    const second = numbers ? 'ascending' : 'descending';
    const order = header.getAttribute('aria-sort') === first ? second : first;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => {
      const cell = row.cells[column];
      return { row, value: numbers ? Number(cell.dataset.v) : cell.textContent.trim() };
    });
    const compare = numbers
      ? (a, b) => a.value - b.value
      : (a, b) => a.value.localeCompare(b.value, undefined, { numeric: true, sensitivity: 'base' });
    rows.sort(order === 'ascending' ? compare : (a, b) => compare(b, a));
    body.append(...rows.map((sorted) => sorted.row));
    all('th', table).forEach((other) => other.removeAttribute('aria-sort'));
    header.setAttribute('aria-sort', order);
  }

  for (const table of all('table.sort')) {
    if (table.tBodies[0].rows.length < 2) continue;
    all('thead th', table).forEach((header, column) => {
      const button = element('button', header.textContent, { type: 'button' });
      header.replaceChildren(button);
      button.addEventListener('click', () => sort(table, header, column));
    });
  }

  // ---- search: names at once; then the texts, in small slices, so that typing never waits for them

  const input = one('#find');
  const list = one('#hits');
  const MOST = 40;
  let index = null;
  let chosen = -1;
  let question = 0;

  function things() {
    index ??= all('[data-k]').map((part) => {
      const name = part.getAttribute('data-n');
      return { part, kind: part.getAttribute('data-k'), name, low: name.toLowerCase(), text: null };
    });
    return index;
  }

  function textOf(thing) {
    thing.text ??= thing.part.textContent.toLowerCase();
    return thing.text;
  }

  /** The same name first, then what starts with it, then what holds it. */
  function named(words) {
    const [same, starts, holds] = [[], [], []];
    for (const thing of things()) {
      if (!words.every((word) => thing.low.includes(word))) continue;
      const at = thing.low.indexOf(words[0]);
      if (thing.low === words[0] || thing.low.endsWith('.' + words[0])) same.push(thing);
      else if (at === 0 || thing.low[at - 1] === '.') starts.push(thing);
      else holds.push(thing);
      if (same.length + starts.length >= MOST * 4) break;
    }
    return [...same, ...starts, ...holds].slice(0, MOST);
  }

  function offer(thing) {
    const item = element('li', '', { role: 'none' });
    const link = element('a', thing.name, {
      role: 'option',
      id: 'hit' + list.childElementCount,
      href: '#' + thing.part.id,
      tabindex: '-1',
      'aria-selected': 'false',
    });
    link.append(element('small', thing.kind));
    item.append(link);
    list.insertBefore(item, one('.none', list));
  }

  function close() {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  }

  function search() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const mine = ++question;
    list.replaceChildren();
    chosen = -1;
    if (!words.length) {
      close();
      return;
    }
    const found = named(words);
    found.forEach(offer);
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    if (found.length < 10) searchTexts(words, new Set(found), mine);
  }

  function searchTexts(words, known, mine) {
    const last = element('li', 'Looking into columns …', { class: 'none', role: 'option', 'aria-selected': 'false' });
    list.append(last);
    let next = 0;
    let count = known.size;
    const slice = () => {
      if (mine !== question) return;
      const end = performance.now() + 12;
      for (; next < index.length && count < MOST && performance.now() < end; next++) {
        const thing = index[next];
        if (known.has(thing) || !words.every((word) => textOf(thing).includes(word))) continue;
        offer(thing);
        count++;
      }
      if (next < index.length && count < MOST) setTimeout(slice);
      else if (count) last.remove();
      else last.textContent = 'Nothing found';
    };
    setTimeout(slice);
  }

  function choose(number) {
    const links = all('a', list);
    if (!links.length) return;
    chosen = (number + links.length) % links.length;
    links.forEach((link, i) => link.setAttribute('aria-selected', String(i === chosen)));
    links[chosen].scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', links[chosen].id);
  }

  function go() {
    const link = all('a', list)[Math.max(0, chosen)];
    if (!link) return;
    location.hash = link.getAttribute('href');
    close();
    input.blur();
    reveal();
  }

  input.addEventListener('input', search);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      choose(chosen + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter') {
      go();
    } else if (event.key === 'Escape') {
      close();
      input.blur();
    }
  });
  list.addEventListener('click', () => setTimeout(close));
  document.addEventListener('click', (event) => {
    if (!event.target.closest('.find')) close();
  });
  document.addEventListener('keydown', (event) => {
    const typing = /INPUT|TEXTAREA/.test(document.activeElement.tagName);
    if ((event.key === '/' && !typing) || (event.key === 'k' && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
  (window.requestIdleCallback || setTimeout)(things);

  // ---- a button that copies each script, one that opens all tables

  for (const code of all('pre > code.language-sql')) {
    const button = element('button', 'Copy', { type: 'button', class: 'button copy' });
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = 'Copied';
      } catch (refused) {
        getSelection().selectAllChildren(code);
        button.textContent = 'Selected';
      }
      setTimeout(() => (button.textContent = 'Copy'), 2000);
    });
    const frame = element('div', '', { class: 'code' });
    code.parentElement.replaceWith(frame);
    frame.append(code.parentElement, button);
  }

  for (const section of all('section')) {
    const cards = all(':scope > details.t, :scope > details.f', section);
    if (cards.length < 2) continue;
    const button = element('button', 'Open all', { type: 'button', class: 'button open-all' });
    button.addEventListener('click', () => {
      const open = !cards.every((card) => card.open);
      cards.forEach((card) => (card.open = open));
      button.textContent = open ? 'Close all' : 'Open all';
    });
    one('h2', section).after(button);
  }

  // ---- drawings: zoom by + − 0 and Ctrl with the wheel, move by the arrow keys and by dragging

  function zoomable(frame) {
    const svg = one('svg', frame);
    const [width, height] = [Number(svg.getAttribute('width')), Number(svg.getAttribute('height'))];
    const whole = () => Math.min(1, (frame.clientWidth - 2) / width, (innerHeight * 0.8) / height);
    let scale = 1;

    /** What is at that place of the frame stays there; without a place, what is in its middle. */
    function zoom(wanted, x = frame.clientWidth / 2, y = frame.clientHeight / 2) {
      const next = Math.min(4, Math.max(Math.min(whole(), 0.25), wanted));
      const left = ((frame.scrollLeft + x) * next) / scale - x;
      const top = ((frame.scrollTop + y) * next) / scale - y;
      scale = next;
      svg.style.width = width * scale + 'px';
      svg.style.height = height * scale + 'px';
      svg.style.maxWidth = 'none';
      frame.scrollTo({ left, top, behavior: 'instant' });
    }

    const actions = {
      '+': () => zoom(scale * 1.3),
      '-': () => zoom(scale / 1.3),
      0: () => zoom(1),
      f: () => zoom(whole()),
    };
    actions['='] = actions['+'];

    const tools = element('div', '', { class: 'er-tools', role: 'group', 'aria-label': 'Zoom' });
    const buttons = [
      ['+', 'Zoom in', '+'],
      ['−', 'Zoom out', '-'],
      ['1:1', 'Real size', '0'],
      ['⤢', 'Show all', 'f'],
    ];
    for (const [sign, name, key] of buttons) {
      const said = { type: 'button', class: 'button', 'aria-label': name, title: name + ': ' + key };
      const button = element('button', sign, said);
      button.addEventListener('click', () => actions[key]());
      tools.append(button);
    }
    frame.before(tools);

    frame.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
      event.preventDefault();
      actions[event.key]();
    });
    frame.addEventListener('wheel', (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      const box = frame.getBoundingClientRect();
      zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    drag(frame);
  }

  /** With the mouse; a finger scrolls by itself. A click on a box is still a click. */
  function drag(frame) {
    let start = null;
    let moved = false;
    frame.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || event.pointerType === 'touch') return;
      start = { x: event.clientX, y: event.clientY, left: frame.scrollLeft, top: frame.scrollTop };
      moved = false;
    });
    addEventListener('pointermove', (event) => {
      if (!start) return;
      const [x, y] = [event.clientX - start.x, event.clientY - start.y];
      if (!moved && Math.abs(x) + Math.abs(y) < 5) return;
      moved = true;
      frame.classList.add('dragged');
      frame.scrollTo({ left: start.left - x, top: start.top - y, behavior: 'instant' });
    });
    addEventListener('pointerup', () => {
      start = null;
      frame.classList.remove('dragged');
    });
    frame.addEventListener('dragstart', (event) => event.preventDefault());
    frame.addEventListener('click', (event) => {
      if (moved) event.preventDefault();
      moved = false;
    }, true);
  }

  // only the map: a table's own drawing fits, and its frame scrolls when it does not
  all('#relations .er-wrap').forEach(zoomable);

  // ---- where the reader is

  const links = new Map(all('nav.toc a').map((link) => [link.hash.slice(1), link]));
  const seen = new Set();
  const watch = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) seen.add(entry.target.id);
        else seen.delete(entry.target.id);
      }
      const here = [...links.keys()].find((id) => seen.has(id));
      links.forEach((link, id) => {
        if (id === here) link.setAttribute('aria-current', 'true');
        else link.removeAttribute('aria-current');
      });
    },
    { rootMargin: '-15% 0px -70% 0px' },
  );
  links.forEach((link, id) => watch.observe(document.getElementById(id)));

  // ---- on paper all is open, unless that would be a book

  let opened = [];
  addEventListener('beforeprint', () => {
    opened = all('details:not([open])');
    if (opened.length > 300) opened = [];
    opened.forEach((part) => (part.open = true));
  });
  addEventListener('afterprint', () => opened.forEach((part) => (part.open = false)));
})();
