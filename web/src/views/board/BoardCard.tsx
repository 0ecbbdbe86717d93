// A card: what it is, whose, how much and until when. Enter opens it, Alt and the arrows move it.
import { draggable } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { MoreHorizontal } from "lucide-react";
import { memo, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Field, type ObjectDef, waysOn } from "../../api/model";
import type { Row } from "../../api/records";
import { useSurroundings } from "../../fields/context";
import { useFlashing } from "../../ui/flash";
import { DropdownMenu } from "../../ui/kumo";
import { Avatar } from "../../ui/parts";

interface Props {
  object: ObjectDef;
  stage: Field;
  row: Row;
  fields: Field[];
  movable: boolean;
  onOpen: (row: Row) => void;
  onMove: (row: Row, to: string) => void;
  onStep: (row: Row, by: number) => void;
}

export const BoardCard = memo(function BoardCard(props: Props) {
  const { object, stage, row, fields, movable, onOpen, onMove, onStep } = props;
  const { t } = useTranslation();
  const { kitOf } = useSurroundings();
  const card = useRef<HTMLDivElement>(null);
  const flashing = useFlashing(row.id) !== undefined;
  const [dragged, setDragged] = useState(false);
  useEffect(() => {
    const element = card.current;
    if (!element || !movable) return;
    return draggable({
      element,
      getInitialData: () => ({ row }),
      onDragStart: () => setDragged(true),
      onDrop: () => setDragged(false),
    });
  }, [row, movable]);
  const text = (field: Field | undefined) => (field ? kitOf(field).text(row[field.name], field, row) : "");
  const rest = fields.filter((f) => f.name !== object.title && f.name !== stage.name);
  const of = (...kinds: string[]) => rest.find((f) => kinds.includes(f.kind) && text(f) !== "");
  const who = text(of("user"));
  const name = String(row[object.title] ?? "") || object.label;
  const pressed = (event: React.KeyboardEvent) => {
    if (event.target !== card.current) return;
    const side = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (event.altKey && side !== 0 && movable) onStep(row, side);
    else if (event.key === "Enter" || event.key === "o") onOpen(row);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") neighbour(card.current, event.key === "ArrowDown");
    else return;
    event.preventDefault();
  };
  return (
    <li>
      <div
        ref={card}
        className="board-card"
        data-card={row.id}
        data-dragged={dragged}
        data-flash={flashing || undefined}
        role="group"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a card is moved and opened by its keys
        tabIndex={0}
        aria-label={name}
        aria-keyshortcuts="Alt+ArrowRight Alt+ArrowLeft Enter"
        onKeyDown={pressed}
        onClick={(event) => !(event.target as HTMLElement).closest("button,[role=menu]") && onOpen(row)}
      >
        <p className="card-title">{name}</p>
        <p className="muted cut">{text(of("reference")) || text(of("text", "email"))}</p>
        <p className="row">
          <b className="num">{text(of("money"))}</b>
          <span className="muted num">{text(of("date"))}</span>
          <span className="grow" />
          {who ? (
            <span title={who}>
              <Avatar name={who} />
              <span className="hidden-text">{who}</span>
            </span>
          ) : null}
          {movable ? (
            <DropdownMenu>
              <DropdownMenu.Trigger
                render={
                  <button type="button" className="card-menu" aria-label={t("board.move", { name })}>
                    <MoreHorizontal aria-hidden="true" />
                  </button>
                }
              />
              <DropdownMenu.Content>
                {waysOn(object, row).map((o) => (
                  <DropdownMenu.Item key={o.value} onClick={() => onMove(row, o.value)}>
                    {t("stage.move", { stage: o.label })}
                  </DropdownMenu.Item>
                ))}
              </DropdownMenu.Content>
            </DropdownMenu>
          ) : null}
        </p>
      </div>
    </li>
  );
});

function neighbour(card: HTMLElement | null, down: boolean): void {
  const item = card?.closest("li");
  const next = down ? item?.nextElementSibling : item?.previousElementSibling;
  next?.querySelector<HTMLElement>("[data-card]")?.focus();
}
