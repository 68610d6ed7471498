/**
 * The assignment of rows to columns that costs least (the Hungarian method, O(rows² × columns)). `costs` is a matrix of finite numbers, whose
 * rows are all of the same length; with more rows than columns, rows are left without one.
 * @returns for each row its column, or −1.
 */
export function cheapestAssignment(costs: readonly (readonly number[])[]): readonly number[] {
  const columns = costs[0]?.length ?? 0;
  if (columns === 0) return costs.map(() => -1);
  if (costs.length > columns) return transposed(costs, columns);
  const state: State = {
    rowPrice: Array<number>(costs.length + 1).fill(0),
    columnPrice: Array<number>(columns + 1).fill(0),
    rowOf: Array<number>(columns + 1).fill(0),
  };
  for (let row = 1; row <= costs.length; row += 1) addRow(costs, row, state);
  const chosen = Array<number>(costs.length).fill(-1);
  for (const [column, row] of state.rowOf.entries()) {
    if (column > 0 && row > 0) chosen[row - 1] = column - 1;
  }
  return chosen;
}

/** Index 0 stands for "none" in all three, so that rows and columns count from 1. */
interface State {
  readonly rowPrice: number[];
  readonly columnPrice: number[];
  readonly rowOf: number[];
}

function transposed(costs: readonly (readonly number[])[], columns: number): readonly number[] {
  const turned = Array.from({ length: columns }, (_, column) =>
    costs.map((row) => row[column] ?? 0),
  );
  const rows = cheapestAssignment(turned);
  return costs.map((_, row) => rows.indexOf(row));
}

/** Gives a new row its column, moving others along the shortest path of reduced costs. */
function addRow(costs: readonly (readonly number[])[], row: number, state: State): void {
  const { rowPrice, columnPrice, rowOf } = state;
  const size = columnPrice.length;
  const slack = Array<number>(size).fill(Infinity);
  const cameFrom = Array<number>(size).fill(0);
  const done = Array<boolean>(size).fill(false);
  rowOf[0] = row;
  let column = 0;
  while ((rowOf[column] ?? 0) !== 0) {
    done[column] = true;
    const here = rowOf[column] ?? 0;
    const next = nearest(costs[here - 1] ?? [], { state, here, column, slack, cameFrom, done });
    for (let at = 0; at < size; at += 1) {
      if (done[at]) {
        rowPrice[rowOf[at] ?? 0] = (rowPrice[rowOf[at] ?? 0] ?? 0) + next.step;
        columnPrice[at] = (columnPrice[at] ?? 0) - next.step;
      } else slack[at] = (slack[at] ?? 0) - next.step;
    }
    column = next.column;
  }
  while (column !== 0) {
    const before = cameFrom[column] ?? 0;
    rowOf[column] = rowOf[before] ?? 0;
    column = before;
  }
}

interface Search {
  readonly state: State;
  readonly here: number;
  readonly column: number;
  readonly slack: number[];
  readonly cameFrom: number[];
  readonly done: readonly boolean[];
}

function nearest(
  costs: readonly number[],
  { state, here, column, slack, cameFrom, done }: Search,
): { readonly column: number; readonly step: number } {
  let best = { column: 0, step: Infinity };
  for (let at = 1; at < slack.length; at += 1) {
    if (done[at]) continue;
    const reduced =
      (costs[at - 1] ?? 0) - (state.rowPrice[here] ?? 0) - (state.columnPrice[at] ?? 0);
    if (reduced < (slack[at] ?? Infinity)) {
      slack[at] = reduced;
      cameFrom[at] = column;
    }
    const step = slack[at] ?? Infinity;
    if (step < best.step) best = { column: at, step };
  }
  return best;
}
