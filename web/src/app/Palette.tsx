// Go anywhere, make anything, find any record.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ArrowRight, FileText, LayoutList, Plus } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { search } from "../api/records";
import { useSurroundings } from "../fields/context";
import { useLater } from "../fields/reference/ask";
import { CommandPalette } from "../ui/kumo";
import { usePermissions } from "../views/permissions";
import { pathOf, useAllViews } from "../views/saved/useViews";
import { ADMIN_PAGES } from "./administration";
import { sections } from "./sections";
import { mayOpen, SETTINGS } from "./settings-pages";

interface Item {
  id: string;
  title: string;
  about: string;
  icon: ReactNode;
  path: string;
}

interface Group {
  label: string;
  items: Item[];
}

export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { model, go } = useSurroundings();
  const [typed, setTyped] = useState("");
  const words = useLater(typed.trim(), 200);
  const found = useQuery({
    queryKey: ["search", words],
    queryFn: ({ signal }) => search(words, signal),
    enabled: words.length > 0,
    placeholderData: keepPreviousData,
  });
  const objects = sections(model, []).flatMap((section) => section.objects);
  const fits = (text: string) => text.toLowerCase().includes(typed.trim().toLowerCase());
  const held = usePermissions();
  const pages = ADMIN_PAGES.filter((page) => page.may(held));
  const places = [
    ...objects.map((o) => ({ title: o.labelPlural, path: `/${o.plural}` })),
    ...pages.map((page) => ({ title: t(`admin.${page.name}`), path: page.path as string })),
    ...SETTINGS.filter((page) => mayOpen(page, held, model)).map(({ name }) => ({
      title: t(`admin.${name}`),
      path: `/settings/${name}`,
    })),
  ]
    .filter(({ title }) => fits(title))
    .map(
      ({ title, path }): Item => ({
        id: `go ${path}`,
        title,
        about: "",
        icon: <ArrowRight aria-hidden="true" />,
        path,
      }),
    );
  const views = useAllViews()
    .filter(({ object, view }) => fits(`${object.labelPlural} ${view.label} ${object.labelPlural}`))
    .map(
      (place): Item => ({
        id: `view ${place.object.name} ${place.view.key}`,
        title: place.view.label,
        about: place.object.labelPlural,
        icon: <LayoutList aria-hidden="true" />,
        path: pathOf(place),
      }),
    );
  const makes = objects
    .filter((o) => o.writable && o.rights.create !== "none")
    .map(
      (o): Item => ({
        id: `new ${o.name}`,
        title: t("new.one", { label: o.label }),
        about: "",
        icon: <Plus aria-hidden="true" />,
        path: `/${o.plural}/new`,
      }),
    )
    .filter((item) => fits(item.title));
  const records = typed.trim() ? (found.data ?? []) : [];
  const groups: Group[] = [
    {
      label: t("palette.records"),
      items: records.map(
        (r): Item => ({
          id: r.id,
          title: r.title || r.label,
          about: [r.label, r.subtitle].filter(Boolean).join(" · "),
          icon: <FileText aria-hidden="true" />,
          path: `/${r.plural}/${r.id}`,
        }),
      ),
    },
    { label: t("palette.go"), items: places.slice(0, typed ? 6 : 8) },
    { label: t("palette.views"), items: typed.trim() ? views.slice(0, 6) : [] },
    { label: t("palette.new"), items: makes.slice(0, typed ? 6 : 4) },
  ].filter((group) => group.items.length > 0);
  // The kit gives its palette no name.
  useEffect(() => {
    const timer = setTimeout(
      () => document.querySelector("[role=dialog]:not([aria-label])")?.setAttribute("aria-label", t("keys.palette")),
      30,
    );
    return () => clearTimeout(timer);
  }, [t]);
  const pick = (item: Item) => {
    onClose();
    go(item.path);
  };
  return (
    <CommandPalette.Root
      open
      onOpenChange={(open: boolean) => !open && onClose()}
      items={groups}
      value={typed}
      onValueChange={setTyped}
      itemToStringValue={(group: Group) => group.label}
      onSelect={(item: Item) => pick(item)}
      getSelectableItems={(all: Group[]) => all.flatMap((group) => group.items)}
    >
      <CommandPalette.Input placeholder={t("palette.ask")} aria-label={t("palette.ask")} />
      <CommandPalette.List>
        <CommandPalette.Results>
          {(group: Group) => (
            <CommandPalette.Group key={group.label} items={group.items}>
              <CommandPalette.GroupLabel>{group.label}</CommandPalette.GroupLabel>
              <CommandPalette.Items>
                {(item: Item) => (
                  <CommandPalette.Item key={item.id} value={item} onClick={() => pick(item)}>
                    <span className="row grow">
                      {item.icon}
                      <span className="cut">{item.title}</span>
                      <span className="grow" />
                      <span className="muted cut">{item.about}</span>
                    </span>
                  </CommandPalette.Item>
                )}
              </CommandPalette.Items>
            </CommandPalette.Group>
          )}
        </CommandPalette.Results>
        <CommandPalette.Empty>{found.isFetching ? t("picker.asking") : t("palette.none")}</CommandPalette.Empty>
      </CommandPalette.List>
    </CommandPalette.Root>
  );
}
