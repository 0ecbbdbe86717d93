// What exists in the workspace: every object, the workspace's own first; and a new one.
import { useQuery } from "@tanstack/react-query";
import { Search as Glass, Plus } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { addObject, definitions, type ObjectDefinition } from "../../api/definitions";
import { useSurroundings } from "../../fields/context";
import { Select, TextField } from "../../ui/fields";
import { useKeys } from "../../ui/keys";
import { Button } from "../../ui/kumo";
import { Modal } from "../../ui/Modal";
import { Chip, Empty, Shimmer } from "../../ui/parts";
import { Failed } from "../list/Nothing";
import { useSend } from "./act";
import { nameFor } from "./define";
import { ObjectPage } from "./ObjectPage";
import { Fault, Go } from "./parts";

export default function ObjectsPage({ item, onTitle }: { item: string | null; onTitle: (title: string) => void }) {
  return item ? <ObjectPage name={item} onTitle={onTitle} /> : <All />;
}

function All() {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [making, setMaking] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  const found = useQuery({ queryKey: ["definitions"], queryFn: ({ signal }) => definitions(signal) });
  useKeys([
    { keys: "/", label: t("keys.search"), run: () => box.current?.focus() },
    { keys: "c", label: t("settings.objects.new"), run: () => setMaking(true) },
  ]);
  const words = typed.trim().toLowerCase();
  const fits = (o: ObjectDefinition) => `${o.label} ${o.label_plural} ${o.name}`.toLowerCase().includes(words);
  const rank = (o: ObjectDefinition) => (o.archived ? 2 : o.own ? 0 : 1);
  const shown = (found.data ?? []).filter(fits).toSorted((a, b) => rank(a) - rank(b));
  return (
    <div className="admin">
      <header className="row wrap">
        <h1 className="grow">{t("admin.objects")}</h1>
        <div className="search-field">
          <Glass aria-hidden="true" />
          <input
            ref={box}
            className="field-input"
            type="search"
            placeholder={t("search.short")}
            aria-label={t("search.in", { label: t("admin.objects") })}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
        <Button variant="primary" icon={<Plus aria-hidden="true" />} onClick={() => setMaking(true)}>
          {t("settings.objects.new")}
        </Button>
      </header>
      {found.isPending ? <Shimmer width="60%" /> : null}
      {found.isError ? <Failed error={found.error} onAgain={() => void found.refetch()} /> : null}
      {found.data && shown.length === 0 ? (
        <Empty
          icon={<Glass aria-hidden="true" />}
          title={t("picker.none")}
          action={<Button onClick={() => setTyped("")}>{t("put_away.clear")}</Button>}
        />
      ) : null}
      {shown.length > 0 ? (
        <ul className="admin-list" aria-label={t("admin.objects")}>
          {shown.map((object) => (
            <li key={object.name}>
              <div className="grow">
                <Go className="cut" path={`/settings/objects/${object.name}`}>
                  {object.label_plural ?? object.label ?? object.plural}
                </Go>
                <p className="about">
                  <code>{object.name}</code> ·{" "}
                  {t("settings.objects.fields_count", { count: object.fields.filter((f) => !f.system).length })}
                  {object.description ? ` · ${object.description}` : ""}
                </p>
              </div>
              {object.own ? <Chip hue="blue">{t("settings.objects.own")}</Chip> : null}
              {object.archived ? <Chip hue="gray">{t("settings.objects.archived")}</Chip> : null}
            </li>
          ))}
        </ul>
      ) : null}
      {making ? <NewObject onClose={() => setMaking(false)} /> : null}
    </div>
  );
}

function NewObject({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { go } = useSurroundings();
  const [label, setLabel] = useState("");
  const [plural, setPlural] = useState("");
  const [name, setName] = useState<string | null>(null);
  const [scope, setScope] = useState("workspace");
  const { send, sending, problem, loose } = useSend("definitions", "model");
  const called = name ?? nameFor(label, "text", false);
  const make = async () => {
    const many = nameFor(plural, "text", false) || `${called}s`;
    const done = await send(async () => {
      await addObject({
        name: called,
        plural: many === called ? `${called}s` : many,
        label,
        label_plural: plural || `${label}s`,
        scope,
        search: ["name"],
        fields: [
          { name: "name", label: t("settings.objects.first_field"), kind: "text", required: true, personal: false },
        ],
      });
    });
    if (done) go(`/settings/objects/${called}`);
  };
  return (
    <Modal title={t("settings.objects.new")} onClose={onClose}>
      <form
        noValidate
        className="form-grid"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <TextField
          label={t("settings.objects.label")}
          about={t("settings.objects.label_about")}
          autoFocus
          fault={problem?.at("label")}
          value={label}
          onValue={setLabel}
        />
        <TextField
          label={t("settings.objects.label_plural")}
          fault={problem?.at("label_plural") ?? problem?.at("plural")}
          value={plural}
          onValue={setPlural}
        />
        <TextField
          label={t("settings.objects.name")}
          about={t("settings.objects.name_about")}
          fault={problem?.at("name")}
          value={called}
          onValue={setName}
        />
        <Select label={t("settings.objects.scope")} value={scope} onValue={setScope}>
          <option value="workspace">{t("settings.objects.scopes.workspace")}</option>
          <option value="location">{t("settings.objects.scopes.location")}</option>
        </Select>
        <p className="about">{t("settings.objects.rights_about")}</p>
        <Fault text={loose("label", "label_plural", "plural", "name")} />
        <footer>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" loading={sending} disabled={!called}>
            {t("settings.objects.do")}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
