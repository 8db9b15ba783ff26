'use strict';
/* Walks, folds, zooms and searches the waterfalls of the page. The page reads without it.
   Whatever was recorded is hostile: it becomes text, by textContent alone. */

const [SPAN, LINE, FOLD] = [0, 1, 2];
const LEAST_RANGE = 1000; // nanoseconds
const DEADLINE = 5e9;
const DEEPEST = 12;
const LONG = 400; // rows, from which on those that are not in sight are not drawn
const known = JSON.parse(document.getElementById('data').textContent);
const charts = [];
const rowOf = new WeakMap(); // by its element
const byId = (id) => document.getElementById(id);
const card = byId('card');
const search = { box: byId('search'), hits: [], at: -1, before: null };

function readRow(packed, number, element) {
  const text = (place) => known.strings[place];
  const row = { kind: packed[0], depth: packed[1], number, element, attributes: [], held: [], isHit: false };
  if (row.kind === SPAN) {
    const [, , start, took, own, layer, state, name, detail, attributes, held, where] = packed;
    Object.assign(row, { start, took, own, attributes, held, layer: text(layer), state: text(state), where: text(where) });
    row.name = text(name);
    row.detail = text(detail);
  } else if (row.kind === LINE) {
    const [, , start, name, detail, severity, attributes, isSnapshot] = packed;
    Object.assign(row, { start, attributes, isSnapshot, severity: text(severity), name: text(name), detail: text(detail) });
  } else {
    const [, , start, took, count, layer, attributes] = packed;
    Object.assign(row, { start, took, count, layer: text(layer), attributes });
  }
  if (element) {
    row.name = element.querySelector('.name, pre').textContent;
    row.detail = element.querySelector('.detail')?.textContent ?? '';
    rowOf.set(element, row);
  }
  row.isOpen = row.kind !== FOLD;
  return row;
}

function readChart(box) {
  const told = known.charts[Number(box.dataset.chart)];
  const body = box.querySelector('.waterfall').tBodies[0];
  const inPage = new Map(Array.from(body.rows, (element) => [Number(element.dataset.r), element]));
  const took = Math.max(told.took, LEAST_RANGE);
  const chart = { box, body, took, from: 0, to: took, rows: [], showsAll: false, active: null };
  chart.hasDeadline = box.querySelector('.deadline') !== null;
  const way = [];
  told.rows.forEach((packed, number) => {
    const row = readRow(packed, number, inPage.get(number) ?? null);
    while (way.length && way[way.length - 1].depth >= row.depth) way.pop();
    row.chart = chart;
    row.above = way[way.length - 1] ?? null;
    row.isMember = row.above !== null && (row.above.kind === FOLD || row.above.isMember);
    row.isRare = !row.element && !row.isMember;
    way.push(row);
    chart.rows.push(row);
  });
  return chart;
}

function arrange(chart) {
  for (const row of chart.rows) {
    row.isPresent = chart.showsAll || !row.isRare;
    row.host = row.above === null || row.above.isPresent ? row.above : row.above.host;
    row.hasBelow = false;
    row.level = row.host === null ? 1 : row.host.level + 1;
    row.isShown = row.isPresent && (row.host === null || (row.host.isShown && row.host.isOpen));
    if (row.isPresent && row.host) row.host.hasBelow = true;
  }
  const shown = chart.rows.filter((row) => row.isShown);
  shown.forEach(dress);
  chart.box.classList.toggle('long', shown.length > LONG);
  putInto(chart.body, shown.map((row) => row.element));
  if (!chart.active?.isShown) activate(nearestShown(chart.active) ?? shown[0]);
}

function nearestShown(row) {
  let at = row;
  while (at && !at.isShown) at = at.host;
  return at;
}

function putInto(body, elements) {
  const kept = new Set(elements);
  let next = body.firstElementChild;
  const skip = () => {
    const gone = next;
    next = next.nextElementSibling;
    gone.remove();
  };
  for (const element of elements) {
    while (next && !kept.has(next)) skip();
    if (element === next) next = next.nextElementSibling;
    else body.insertBefore(element, next);
  }
  while (next) skip();
}

function dress(row) {
  row.element ??= made(row);
  const element = row.element;
  element.setAttribute('aria-level', row.level);
  element.classList.remove(...Array.from(element.classList).filter((name) => /^d\d+$/.test(name)));
  element.classList.add(`d${Math.min(row.level - 1, DEEPEST)}`);
  element.classList.toggle('hit', row.isHit);
  if (element.tabIndex !== 0) element.tabIndex = -1;
  if (!row.hasBelow) {
    element.removeAttribute('aria-expanded');
    return;
  }
  element.setAttribute('aria-expanded', row.isOpen);
  if (!element.querySelector('.twisty')) element.cells[0].prepend(make('span', 'twisty', '', { 'aria-hidden': 'true' }));
}
