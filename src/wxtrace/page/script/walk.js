/* Walking and folding, by the keys of a tree grid and by clicks. */

function activate(row, takesFocus = false) {
  if (!row) return;
  const { chart } = row;
  if (chart.active?.element) chart.active.element.tabIndex = -1;
  chart.active = row;
  row.element.tabIndex = 0;
  if (takesFocus) row.element.focus();
}

function fold(row, isOpen) {
  const isFocused = row.chart.body.contains(document.activeElement);
  row.isOpen = isOpen;
  arrange(row.chart);
  if (isFocused) activate(row.chart.active, true);
}

function foldAll(isOpen) {
  for (const chart of charts) {
    for (const row of chart.rows) row.isOpen = isOpen || row.host === null;
    arrange(chart);
  }
}

function goInwards(row) {
  if (row.hasBelow && !row.isOpen) fold(row, true);
  else if (row.hasBelow) activate(rowOf.get(row.element.nextElementSibling), true);
}

function goOutwards(row) {
  if (row.hasBelow && row.isOpen) fold(row, false);
  else if (row.host) activate(row.host, true);
}

const neighbour = (row, where) => rowOf.get(row.element[where]);

const KEYS = {
  ArrowDown: (row) => activate(neighbour(row, 'nextElementSibling'), true),
  ArrowUp: (row) => activate(neighbour(row, 'previousElementSibling'), true),
  Home: (row) => activate(rowOf.get(row.chart.body.firstElementChild), true),
  End: (row) => activate(rowOf.get(row.chart.body.lastElementChild), true),
  ArrowRight: (row, event) => (event.shiftKey ? pan(row.chart, 0.25) : goInwards(row)),
  ArrowLeft: (row, event) => (event.shiftKey ? pan(row.chart, -0.25) : goOutwards(row)),
  Enter: (row) => showCard(row, true),
  '*': () => foldAll(true),
  '+': (row) => zoomAtRow(row, 0.5),
  '=': (row) => zoomAtRow(row, 0.5),
  '-': (row) => zoomAtRow(row, 2),
  0: (row) => setRange(row.chart, 0, row.chart.took),
};

function onRowKey(event) {
  const row = rowOf.get(event.target);
  if (event.key === 'Escape') {
    if (!card.classList.contains('pinned')) clearSearch();
    hideCard();
  } else if (row && KEYS[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    KEYS[event.key](row, event);
  }
}

function onRowClick(event) {
  const row = rowOf.get(event.target.closest('tbody tr'));
  if (!row || String(window.getSelection())) return;
  activate(row, true);
  if (event.target.closest('.twisty')) fold(row, !row.isOpen);
  else showCard(row, true, false);
}
