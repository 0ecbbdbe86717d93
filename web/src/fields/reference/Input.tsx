import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Picker } from "../../ui/Picker";
import { useSurroundings } from "../context";
import type { InputProps } from "../kit";
import { shared } from "../select/Input";
import { useCandidates } from "./ask";
import { referred } from "./named";

export function ReferenceInput(props: InputProps) {
  const { t } = useTranslation();
  const { model, NewRecord } = useSurroundings();
  const to = model.objects.get(props.field.to ?? "");
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(() => referred(model, props.field, props.row)?.title ?? "");
  const [making, setMaking] = useState<string | null>(null);
  const found = useCandidates(to, typed);
  const may = to?.writable && !to.part && to.rights.create !== "none" && props.field.kind === "reference";
  const take = (id: string, title: string) => {
    setChosen(title);
    props.onChange(id, undefined, { id, [to?.title ?? "name"]: title });
    props.onDone?.();
  };
  return (
    <>
      <Picker
        id={props.id}
        label={props.field.label}
        choices={found.data ?? []}
        selected={typeof props.value === "string" ? [props.value] : []}
        text={chosen}
        busy={found.isFetching}
        onAsk={setTyped}
        onPick={(choice) => take(choice.value, choice.label)}
        {...(may
          ? { onNew: setMaking, newLabel: (name: string) => t("reference.new", { name, label: to.label }) }
          : {})}
        {...(props.field.required
          ? {}
          : {
              onClear: () => {
                setChosen("");
                props.onChange(null, undefined, null);
              },
            })}
        {...shared(props)}
      />
      {making !== null && to ? (
        <Suspense>
          <NewRecord
            object={to}
            name={making}
            onClose={() => setMaking(null)}
            onMade={(id, title) => (setMaking(null), take(id, title))}
          />
        </Suspense>
      ) : null}
    </>
  );
}
