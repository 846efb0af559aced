// What lies over the page: dialogs and menus, with focus and keys handled by Base UI.

import { Dialog as Base } from "@base-ui/react/dialog";
import { Menu as BaseMenu } from "@base-ui/react/menu";
import type { ReactNode } from "react";

export function Dialog(props: { title: string; open: boolean; onClose: () => void; children: ReactNode }) {
  return (
    <Base.Root open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className="dialog">
          <Base.Title>{props.title}</Base.Title>
          {props.children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export interface Item {
  words: string;
  href?: string;
  onChoose?: () => void;
}

export function Menu(props: { words: ReactNode; label: string; plain?: boolean; items: readonly Item[] }) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger aria-label={props.label} className={props.plain ? "plain" : ""}>
        {props.words}
      </BaseMenu.Trigger>
      <BaseMenu.Portal>
        <BaseMenu.Positioner sideOffset={6} align="end">
          <BaseMenu.Popup className="menu">
            {props.items.map(({ words, href, onChoose }) =>
              href ? (
                <BaseMenu.LinkItem key={words} href={href} closeOnClick download="">
                  {words}
                </BaseMenu.LinkItem>
              ) : (
                <BaseMenu.Item key={words} onClick={onChoose}>
                  {words}
                </BaseMenu.Item>
              ),
            )}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}
