/* Makes the rows that the page has not: folded ones, and those left out. */

function make(name, classes, text, attributes = {}) {
  const element = document.createElement(name);
  if (classes) element.className = classes;
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function makeShape(name, attributes, text = '') {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

function made(row) {
  const element = row.kind === LINE ? madeLine(row) : madeSpan(row);
  element.dataset.r = row.number;
  rowOf.set(element, row);
  return element;
}

function madeLine(row) {
  const element = make('tr', ['line', row.isSnapshot ? 'snapshot' : row.severity].filter(Boolean).join(' '), '');
  const cell = make('td', '', '', { colspan: 4 });
  cell.append(row.isSnapshot ? make('pre', '', row.name) : make('span', 'name', row.name));
  if (row.detail) cell.append(make('span', 'detail', row.detail));
  element.append(cell);
  return element;
}

function madeSpan(row) {
  const classes = ['span', row.layer, row.state, row.held.length ? 'path' : ''];
  const element = make('tr', classes.filter(Boolean).join(' '), '');
  const head = make('th', '', '', { scope: 'row' });
  head.append(make('span', 'name', row.name));
  if (row.state) head.append(make('span', 'mark', known.say[row.state]));
  if (row.detail) head.append(make('span', 'detail', row.detail));
  const bar = make('td', 'bar', '');
  bar.append(madeBar(row));
  element.append(head, bar, make('td', 'start', inSeconds(row.start)), make('td', 'took', inSeconds(row.took)));
  return element;
}

function madeBar(row) {
  const whole = row.chart.took;
  const svg = makeShape('svg', { 'aria-hidden': 'true' });
  const percent = (ns) => (100 * Math.min(Math.max(ns, 0), whole)) / whole;
  const add = (from, to, classes) => {
    const width = Math.max(1e-4, percent(to) - percent(from)); // what has none is not drawn, not even its edge
    svg.append(makeShape('rect', { class: classes, x: `${percent(from)}%`, width: `${width}%` }));
  };
  if (row.start >= whole) svg.append(makeShape('text', { class: 'after', x: '100%', y: '70%' }, '›'));
  else if (row.start + row.took < 0) svg.append(makeShape('text', { class: 'before', x: '0', y: '70%' }, '‹'));
  else {
    const [own] = row.held;
    if (!own || own[0] !== row.start || own[1] !== row.start + row.took) add(row.start, row.start + row.took, '');
    row.held.forEach(([from, to]) => add(from, to, 'held'));
  }
  return svg;
}

const inSeconds = (ns) => (ns / 1e9).toFixed(3);
