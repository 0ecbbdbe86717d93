// Whom one may mean after an @: the members of the workspace, by what is typed of their names.
import { type RefObject, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSurroundings } from "../../fields/context";
import { useCandidates } from "../../fields/reference/ask";
import { Avatar } from "../../ui/parts";

interface Props {
  id: string;
  typed: string;
  /** Keys of the text that are meant for this list. */
  pick: RefObject<((key: string) => boolean) | null>;
  onOption: (id: string | undefined) => void;
  onPick: (person: { id: string; name: string }) => void;
  onLeave: () => void;
}

const MOST = 8;

export function People({ id, typed, pick, onOption, onPick, onLeave }: Props) {
  const { t } = useTranslation();
  const { model } = useSurroundings();
  const found = useCandidates(model.objects.get("member"), typed);
  const [at, setAt] = useState(0);
  // What was asked for before is shown until the answer comes; only what fits may be picked.
  const people = (found.data ?? [])
    .filter((p) => p.label.toLowerCase().includes(typed.trim().toLowerCase()))
    .slice(0, MOST);
  const chosen = people[Math.min(at, people.length - 1)];
  useEffect(() => {
    onOption(chosen ? `${id}-${chosen.value}` : undefined);
    pick.current = (key) => {
      if (key === "Escape") onLeave();
      else if (people.length === 0) return false;
      else if (key === "ArrowDown") setAt((at + 1) % people.length);
      else if (key === "ArrowUp") setAt((at + people.length - 1) % people.length);
      else if ((key === "Enter" || key === "Tab") && chosen) onPick({ id: chosen.value, name: chosen.label });
      else return false;
      return true;
    };
    return () => {
      pick.current = null;
    };
  });
  if (people.length === 0) return null;
  return (
    <div id={id} role="listbox" aria-label={t("notes.people")} className="mentionable">
      {people.map((person) => (
        <div
          key={person.value}
          id={`${id}-${person.value}`}
          role="option"
          tabIndex={-1}
          aria-selected={person === chosen}
          className="option"
          onMouseDown={(event) => {
            event.preventDefault();
            onPick({ id: person.value, name: person.label });
          }}
        >
          <Avatar name={person.label} /> {person.label}
        </div>
      ))}
    </div>
  );
}
