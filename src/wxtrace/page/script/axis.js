/* The time axis: zoomed by keys, buttons, the wheel, or by a drag over the bars. */

function setRange(chart, from, to) {
  const length = Math.min(Math.max(to - from, LEAST_RANGE), chart.took);
  chart.from = Math.min(Math.max(from, 0), chart.took - length);
  chart.to = chart.from + length;
  chart.box.style.setProperty('--zoom', chart.took / length);
  chart.box.style.setProperty('--from', chart.from / chart.took);
  chart.box.dataset.from = Math.round(chart.from);
  chart.box.dataset.to = Math.round(chart.to);
  drawAxis(chart);
}

function zoom(chart, factor, middle = (chart.from + chart.to) / 2) {
  const part = (middle - chart.from) / (chart.to - chart.from);
  const length = (chart.to - chart.from) * factor;
  setRange(chart, middle - part * length, middle + (1 - part) * length);
}

function zoomAtRow(row, factor) {
  const begin = Math.max(row.start, row.chart.from);
  const end = Math.min(row.start + (row.took ?? 0), row.chart.to);
  zoom(row.chart, factor, begin <= end ? (begin + end) / 2 : undefined);
}

function pan(chart, part) {
  const by = (chart.to - chart.from) * part;
  setRange(chart, chart.from + by, chart.to + by);
}

function drawAxis(chart) {
  const grid = chart.box.querySelector('.grid');
  const at = (ns) => `${(100 * (ns - chart.from)) / (chart.to - chart.from)}%`;
  const line = (ns, classes) => makeShape('line', { class: classes, x1: at(ns), x2: at(ns), y1: '0', y2: '100%' });
  const number = (ns, text, classes) => makeShape('text', { class: classes, x: at(ns), y: '-8' }, text);
  const step = stepOf(chart.to - chart.from, grid.clientWidth);
  const digits = Math.max(0, 9 - Math.floor(Math.log10(step)));
  grid.replaceChildren();
  for (let ns = Math.ceil(chart.from / step) * step; ns <= chart.to; ns += step) {
    grid.append(line(ns, ''), number(ns, ns ? `${(ns / 1e9).toFixed(digits)} s` : '0', ''));
  }
  if (chart.hasDeadline && chart.from <= DEADLINE && DEADLINE <= chart.to) grid.append(line(DEADLINE, 'deadline'));
}

function stepOf(length, width) {
  const least = length / Math.max(2, Math.min(7, width / 64));
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((step) => step * power >= least) ?? 10);
}

const timeAt = (chart, x) => {
  const { left, width } = chart.box.querySelector('.grid').getBoundingClientRect();
  return chart.from + (Math.min(Math.max((x - left) / width, 0), 1)) * (chart.to - chart.from);
};

function letDrag(chart) {
  let begin = null;
  let shade = null;
  const plot = chart.box.querySelector('.plot');
  plot.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'touch' && event.button === 0 && event.target.closest('.bar')) begin = event.clientX;
  });
  plot.addEventListener('pointermove', (event) => {
    if (begin === null || (!shade && Math.abs(event.clientX - begin) < 5)) return;
    if (!shade) {
      shade = makeShape('rect', { class: 'drag' });
      chart.box.querySelector('.grid').append(shade);
      plot.setPointerCapture(event.pointerId);
      hideCard();
    }
    const left = plot.querySelector('.grid').getBoundingClientRect().left;
    shade.setAttribute('x', Math.min(begin, event.clientX) - left);
    shade.setAttribute('width', Math.abs(event.clientX - begin));
  });
  const end = (event) => {
    if (shade && event.type === 'pointerup') {
      const [from, to] = [begin, event.clientX].sort((one, other) => one - other).map((x) => timeAt(chart, x));
      setRange(chart, from, to);
    }
    shade?.remove();
    begin = shade = null;
  };
  plot.addEventListener('pointerup', end);
  plot.addEventListener('pointercancel', end);
  plot.addEventListener('dblclick', (event) => event.target.closest('.bar') && setRange(chart, 0, chart.took));
  plot.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(chart, event.deltaY > 0 ? 1.25 : 0.8, timeAt(chart, event.clientX));
  }, { passive: false });
}
