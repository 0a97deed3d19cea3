/** A binary heap: the first item by `before` is at hand, the rest in no order. */
export interface Heap<Item> {
  readonly before: (left: Item, right: Item) => boolean;
  readonly items: Item[];
}

export function createHeap<Item>(before: Heap<Item>["before"]): Heap<Item> {
  return { before, items: [] };
}

export function heapFirst<Item>(heap: Heap<Item>): Item | undefined {
  return heap.items[0];
}

export function heapPush<Item>(heap: Heap<Item>, item: Item): void {
  const { items, before } = heap;
  let place = items.push(item) - 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = items[parent] as Item;
    if (!before(item, above)) {
      break;
    }
    items[place] = above;
    place = parent;
  }
  items[place] = item;
}

export function heapPop<Item>(heap: Heap<Item>): Item | undefined {
  const { items } = heap;
  const first = items[0];
  const last = items.pop();
  if (items.length > 0) {
    sink(heap, last as Item);
  }
  return first;
}

/** Puts an item at the top and lets it go down to its place. */
function sink<Item>({ items, before }: Heap<Item>, item: Item): void {
  let place = 0;
  while (true) {
    let child = 2 * place + 1;
    if (child >= items.length) {
      break;
    }
    if (child + 1 < items.length && before(items[child + 1] as Item, items[child] as Item)) {
      child += 1;
    }
    const below = items[child] as Item;
    if (!before(below, item)) {
      break;
    }
    items[place] = below;
    place = child;
  }
  items[place] = item;
}

/** Drops all items except those to keep. */
export function heapRetain<Item>(heap: Heap<Item>, keep: (item: Item) => boolean): void {
  const kept = heap.items.filter(keep);
  heap.items.length = 0;
  for (const item of kept) {
    heapPush(heap, item);
  }
}
