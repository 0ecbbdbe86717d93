import { useState } from "react";
import { Picker } from "../../ui/Picker";
import { Avatar } from "../../ui/parts";
import { useSurroundings } from "../context";
import type { InputProps } from "../kit";
import { useCandidates } from "../reference/ask";
import { referred, referredMany } from "../reference/named";
import { shared } from "../select/Input";

export function UserInput(props: InputProps) {
  const { model } = useSurroundings();
  const { field } = props;
  const [typed, setTyped] = useState("");
  const [people, setPeople] = useState(() => {
    const one = referred(model, field, props.row);
    return field.many ? referredMany(field, props.row) : one ? [one] : [];
  });
  const found = useCandidates(model.objects.get("member"), typed);
  const set = (next: { id: string; title: string }[]) => {
    setPeople(next);
    const shown = next.map((p) => ({ id: p.id, name: p.title }));
    if (field.many) props.onChange(next.length > 0 ? next.map((p) => p.id) : null, undefined, shown);
    else props.onChange(next[0]?.id ?? null, undefined, shown[0] ?? null);
  };
  const choices = (found.data ?? []).map((c) => ({
    ...c,
    show: (
      <span className="row" style={{ gap: 6 }}>
        <Avatar name={c.label} /> {c.label}
      </span>
    ),
  }));
  return (
    <Picker
      id={props.id}
      label={field.label}
      choices={choices}
      selected={people.map((p) => p.id)}
      text={people.map((p) => p.title).join(", ")}
      busy={found.isFetching}
      onAsk={setTyped}
      onPick={({ value, label }) => {
        const picked = { id: value, title: label };
        if (!field.many) {
          set([picked]);
          props.onDone?.();
        } else set(people.some((p) => p.id === value) ? people.filter((p) => p.id !== value) : [...people, picked]);
      }}
      onClear={() => set(people.slice(0, -1))}
      {...shared(props)}
    />
  );
}
