// The types of lib.js, which re-exports scripts that come without the types that are needed here.
export interface Signal<T> {
  value: T;
  peek(): T;
}
export interface ReadSignal<T> {
  readonly value: T;
  peek(): T;
}
export const Fragment: unknown;
export function html(strings: TemplateStringsArray, ...values: unknown[]): any;
export function render(what: unknown, where: Element): void;
export function mount(what: unknown, where: Element): void;
export function useCallback<F>(call: F, on: unknown[]): F;
export function useEffect(call: () => void | (() => void), on?: unknown[]): void;
export function useLayoutEffect(call: () => void | (() => void), on?: unknown[]): void;
export function useId(): string;
export function useMemo<T>(make: () => T, on: unknown[]): T;
export function useRef<T>(first: T): { current: T };
export function useState<T>(first: T | (() => T)): [T, (next: T | ((now: T) => T)) => void];
export function batch(call: () => void): void;
export function computed<T>(call: () => T): ReadSignal<T>;
export function effect(call: () => void): () => void;
export function signal<T>(first: T): Signal<T>;
export function useComputed<T>(call: () => T): ReadSignal<T>;
export function useSignal<T>(first: T): Signal<T>;
