import { Avatar } from "../../ui/parts";
import { useSurroundings } from "../context";
import type { Shown } from "../kit";
import { referred, referredMany } from "../reference/named";

export function UserDisplay({ field, row }: Shown) {
  const { model } = useSurroundings();
  const one = field.many ? null : referred(model, field, row);
  const people = field.many ? referredMany(field, row) : one ? [one] : [];
  return (
    <span className="people">
      {people.map((person) => (
        <span key={person.id} className="row cut" style={{ gap: 6 }}>
          <Avatar name={person.title} />
          <span className="cut">{person.title}</span>
        </span>
      ))}
    </span>
  );
}
