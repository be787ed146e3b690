/** A component that is drawn again only when one of its properties is another. */
import { Component, type ComponentChild, h } from 'preact';

export function memo<Props extends object>(draw: (props: Props) => ComponentChild): (props: Props) => ComponentChild {
  class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const before = this.props as Readonly<Record<string, unknown>>;
      const after = next as Readonly<Record<string, unknown>>;
      for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
        if (name !== 'children' && !Object.is(before[name], after[name])) return true;
      return false;
    }

    override render(): ComponentChild {
      return h(draw as (props: object) => ComponentChild, this.props as object);
    }
  }
  return Memo as unknown as (props: Props) => ComponentChild;
}
