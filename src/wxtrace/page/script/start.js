/* Everything plugged together. */

function letHover(chart) {
  let waiting = 0;
  chart.body.addEventListener('pointerover', (event) => {
    const row = rowOf.get(event.target.closest('tr'));
    clearTimeout(waiting);
    const moved = Math.hypot(event.clientX - closedAt.x, event.clientY - closedAt.y);
    if (moved < 2) return; // the card has gone, and nobody has moved
    if (row && event.pointerType !== 'touch' && !card.classList.contains('pinned')) {
      waiting = setTimeout(() => row.isShown && !card.classList.contains('pinned') && showCard(row, false), 100);
    }
  });
  chart.body.addEventListener('pointerleave', () => {
    clearTimeout(waiting);
    if (!card.classList.contains('pinned')) hideCard();
  });
  chart.body.addEventListener('focusin', (event) => {
    const row = rowOf.get(event.target);
    if (row && !isCardQuiet && event.target.matches(':focus-visible') && !card.classList.contains('pinned')) showCard(row, false);
  });
}

function start(box) {
  const chart = readChart(box);
  charts.push(chart);
  box.querySelector('.waterfall').setAttribute('role', 'treegrid');
  arrange(chart);
  setRange(chart, 0, chart.took);
  chart.body.addEventListener('keydown', onRowKey);
  chart.body.addEventListener('click', onRowClick);
  new ResizeObserver(() => drawAxis(chart)).observe(box.querySelector('.plot'));
  letDrag(chart);
  letHover(chart);
  box.querySelector('.out').addEventListener('click', () => zoom(chart, 2));
  box.querySelector('.in').addEventListener('click', () => zoom(chart, 0.5));
  box.querySelector('.whole').addEventListener('click', () => setRange(chart, 0, chart.took));
  box.querySelector('.all')?.addEventListener('click', (event) => {
    chart.showsAll = true;
    event.target.closest('.more').remove();
    arrange(chart);
    chart.active.element.focus({ preventScroll: true });
  });
}

function letPrint() {
  let opened = [];
  window.addEventListener('beforeprint', () => {
    charts.forEach((chart) => setRange(chart, 0, chart.took));
    opened = Array.from(document.querySelectorAll('details:not([open])'));
    opened.forEach((part) => { part.open = true; });
  });
  window.addEventListener('afterprint', () => opened.forEach((part) => { part.open = false; }));
}

document.querySelectorAll('.chart').forEach(start);
document.querySelectorAll('.zoom, .all, .keys, #tools').forEach((part) => { part.hidden = false; });
document.addEventListener('keydown', onKey);
search.box.addEventListener('input', () => lookFor(search.box.value));
search.box.addEventListener('keydown', onSearchKey);
byId('next').addEventListener('click', () => goToHit(1));
byId('previous').addEventListener('click', () => goToHit(-1));
byId('fold').addEventListener('click', () => foldAll(false));
byId('unfold').addEventListener('click', () => foldAll(true));
byId('close').addEventListener('click', (event) => {
  closedAt = { x: event.clientX, y: event.clientY };
  hideCard();
});
card.addEventListener('keydown', (event) => event.key === 'Escape' && hideCard());
letPrint();
document.documentElement.dataset.ready = 'true';
