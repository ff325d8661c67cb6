/**
 * Whose shape stands, row by row. Pure: no page, no requests.
 *
 * A row is one object: {id, stands, groups: [{concept, value, kind, medoid, overlap, marks: [{key, item, line}]}]}.
 * A pick is the key of a mark, null (nothing stands) or undefined (not decided yet).
 */

/** Picks as the page opens: what more than half of the labelers share stands by itself. */
export function firstPicks(rows) {
  return new Map(rows.filter((row) => row.stands).map((row) => [row.id, row.stands]));
}

/** The first picks with what was chosen earlier over them, as far as its row and its shape are still there. */
export function picksAgain(rows, earlier) {
  const picks = firstPicks(rows);
  for (const row of rows) {
    const pick = earlier.get(row.id);
    if (pick === null || marksOf(row).some((mark) => mark.key === pick)) picks.set(row.id, pick);
  }
  return picks;
}

export function undecided(rows, picks) {
  return rows.filter((row) => !picks.has(row.id));
}

/** All marks of a row, with the concept of their group. */
export function marksOf(row) {
  return row.groups.flatMap((group) => group.marks.map((mark) => ({ ...mark, concept: group.concept, value: group.value })));
}

/** The mark of a labeler's item in a row, or null where they drew nothing there. */
export function markOf(row, item) {
  return marksOf(row).find((mark) => mark.item === item) || null;
}

/** The undecided row after the one at `at`, going round; -1 where all are decided. */
export function nextOpen(rows, picks, at) {
  const places = rows.map((_, step) => (at + 1 + step) % rows.length);
  const found = places.find((place) => !picks.has(rows[place].id));
  return found === undefined ? -1 : found;
}

/**
 * What becomes of each labeler: {item, stand, merged, fall, verdict: "approve" | "reject"}. Merged shapes agree with
 * one that stands. Who agrees with nothing that stands is rejected; who drew nothing is right where nothing stands.
 */
export function outcomes(labelers, rows, picks) {
  const standing = new Set([...picks.values()].filter(Boolean));
  const groups = rows.flatMap((row) => row.groups);
  return labelers.map(({ item }) => {
    const tally = { stand: 0, merged: 0, fall: 0 };
    for (const group of groups) {
      const stands = group.marks.some((mark) => standing.has(mark.key));
      for (const mark of group.marks) {
        if (mark.item === item) tally[standing.has(mark.key) ? "stand" : stands ? "merged" : "fall"] += 1;
      }
    }
    const drew = tally.stand + tally.merged + tally.fall > 0;
    const right = standing.size ? tally.stand + tally.merged > 0 : !drew;
    return { item, ...tally, verdict: right ? "approve" : "reject" };
  });
}
