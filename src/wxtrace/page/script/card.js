/* The card with all that is known of a row. */

let cardRow = null;
let closedAt = {}; // where the mouse was when it was closed
let isCardQuiet = false; // while a row gets the focus back, which would show it again

function showCard(row, isPinned, takesFocus = isPinned) {
  const times = row.kind === FOLD ? ` ×${row.count}\n${row.detail}` : '';
  card.querySelector('.name').textContent = row.name + times;
  fill(card.querySelector('.facts'), factsOf(row));
  fill(card.querySelector('.attributes'), pairsOf(row));
  card.classList.toggle('pinned', isPinned);
  card.hidden = false;
  cardRow = row;
  const at = row.element.getBoundingClientRect();
  const below = at.bottom + 6 + card.offsetHeight <= window.innerHeight;
  card.style.top = `${Math.max(8, below ? at.bottom + 6 : at.top - 6 - card.offsetHeight)}px`;
  card.style.left = `${Math.max(8, Math.min(at.left + at.width * 0.4, window.innerWidth - card.offsetWidth - 16))}px`;
  if (isPinned) row.element.scrollIntoView({ block: 'nearest' });
  if (takesFocus) card.focus();
}

function hideCard() {
  const hadFocus = card.contains(document.activeElement);
  card.hidden = true;
  card.classList.remove('pinned');
  if (!hadFocus) return;
  isCardQuiet = true;
  activate(nearestShown(cardRow), true);
  isCardQuiet = false;
}

function factsOf(row) {
  const time = (ns) => known.say.seconds.replace('{duration}', (ns / 1e9).toFixed(6).replace(/(\.\d{3}\d*?)0+$/, '$1'));
  const facts = [];
  if (row.layer) facts.push([known.say.layer, row.layer]);
  facts.push([known.say.start, time(row.start)]);
  if (row.took !== undefined) facts.push([row.kind === FOLD ? known.say.sum : known.say.took, time(row.took)]);
  if (row.own !== undefined) facts.push([known.say.self, time(row.own)]);
  if (row.state) facts.push([known.say.state, known.say[row.state]]);
  if (row.where) facts.push([known.say.where, row.where]);
  return facts;
}

function pairsOf(row) {
  const pairs = [];
  for (let at = 0; at < row.attributes.length; at += 2) {
    pairs.push([known.strings[row.attributes[at]], known.strings[row.attributes[at + 1]]]);
  }
  return pairs;
}

function fill(list, pairs) {
  list.replaceChildren(...pairs.map(([name, value]) => {
    const pair = document.createElement('div');
    pair.append(make('dt', '', name), make('dd', '', value));
    return pair;
  }));
}
