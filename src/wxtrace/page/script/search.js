/* Search: in names, statements, attributes and log lines, those too that are folded away or left out. */

function lookFor(text) {
  const wanted = plain(text).trim();
  for (const row of search.hits) mark(row, false);
  search.hits = wanted ? charts.flatMap((chart) => chart.rows.filter((row) => textOf(row).includes(wanted))) : [];
  for (const row of search.hits) mark(row, true);
  search.at = -1;
  if (search.hits.length) goToHit(1);
  else tellCount(wanted);
}

function textOf(row) {
  row.text ??= plain([row.name, row.detail, row.where, ...pairsOf(row).flat()].join(' '));
  return row.text;
}

const plain = (text) => text.replace(/\s+/g, ' ').toLowerCase();

function mark(row, isHit) {
  row.isHit = isHit;
  row.element?.classList.toggle('hit', isHit);
  row.element?.classList.remove('now');
}

function goToHit(step, takesFocus = false) {
  if (!search.hits.length) return;
  search.hits[search.at]?.element?.classList.remove('now');
  search.at = (search.at + step + search.hits.length) % search.hits.length;
  const row = search.hits[search.at];
  reveal(row);
  row.element.classList.add('now');
  row.element.scrollIntoView({ block: 'center' });
  activate(row, takesFocus);
  tellCount(true);
}

function reveal(row) {
  if (row.isRare) row.chart.showsAll = true;
  for (let above = row.above; above; above = above.above) above.isOpen = true;
  for (let part = row.chart.box.closest('details'); part; part = part.parentElement.closest('details')) part.open = true;
  arrange(row.chart);
}

function tellCount(isAsked) {
  const { hits, at } = search;
  const found = known.say.hit.replace('{at}', at + 1).replace('{count}', hits.length);
  byId('count').textContent = !isAsked ? '' : hits.length ? found : known.say.none;
}

function clearSearch() {
  search.box.value = '';
  lookFor('');
}

function leaveSearch() {
  search.box.blur();
  if (search.hits.length) goToHit(0, true);
  else {
    clearSearch();
    if (search.before?.isConnected) search.before.focus();
  }
}

function onSearchKey(event) {
  if (event.isComposing) return; // Chinese is being typed
  if (event.key === 'Enter') goToHit(event.shiftKey ? -1 : 1);
  else if (event.key === 'Escape') leaveSearch();
  else return;
  event.preventDefault();
}

function onKey(event) {
  if (event.target.matches('input') || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') {
    search.before = document.activeElement;
    search.box.focus();
    search.box.select();
  } else if (event.key === 'n') goToHit(1, true);
  else if (event.key === 'N') goToHit(-1, true);
  else return;
  event.preventDefault();
}
