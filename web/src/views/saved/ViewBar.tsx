// The views of a list as tabs, those that find no place in a menu, what can be done with the open one, and its shapes.
import { CalendarDays, ChartNoAxesGantt, ChevronDown, Columns3, LayoutGrid, Rows3 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ObjectDef } from "../../api/model";
import { Button, DropdownMenu } from "../../ui/kumo";
import type { Search } from "../list/state";
import { useViewActions } from "./useViews";
import { draftOf, type Shape, type View } from "./view";

const SaveView = lazy(() => import("./SaveView"));

interface Props {
  object: ObjectDef;
  views: View[];
  view: View | null;
  /** The list shows something else than the view. */
  dirty: boolean;
  shown: Search;
  shape: Shape;
  shapes: Shape[];
  onView: (view: View | null) => void;
  onReset: () => void;
  onShape: (shape: Shape) => void;
}

const ICONS = {
  table: Rows3,
  board: Columns3,
  calendar: CalendarDays,
  timeline: ChartNoAxesGantt,
  cards: LayoutGrid,
} as const;

/** As many tabs as stand beside each other on most screens; the open one is always among them. */
const TABS = 6;

export function ViewBar(props: Props) {
  const { object, views, view, dirty, shown } = props;
  const { t } = useTranslation();
  const act = useViewActions(object);
  const [asking, setAsking] = useState<"new" | "rename" | null>(null);
  const first = views.slice(0, TABS);
  const tabs = view && !first.includes(view) ? [...first.slice(0, TABS - 1), view] : first;
  const mine = view !== null && act.mine(view);
  const save = () => view && void act.change(view, draftOf(object, shown)).then((done) => done && props.onReset());
  return (
    <div className="view-bar">
      <nav className="tabs" aria-label={t("views.title")}>
        {view === null ? (
          <button type="button" aria-current="page" onClick={() => props.onView(null)}>
            {t("saved_views.all")}
          </button>
        ) : null}
        {tabs.map((each) => (
          <button
            key={each.key}
            type="button"
            aria-current={each === view ? "page" : undefined}
            onClick={() => props.onView(each)}
          >
            {each.label}
            {each === view && dirty ? (
              <span className="dirty" title={t("saved_views.dirty")}>
                <span className="hidden-text">{t("saved_views.dirty")}</span>
              </span>
            ) : null}
          </button>
        ))}
      </nav>
      <DropdownMenu>
        <DropdownMenu.Trigger
          render={
            <button
              type="button"
              className="icon-button"
              aria-label={t("saved_views.menu")}
              title={t("saved_views.menu")}
            >
              <ChevronDown aria-hidden="true" />
            </button>
          }
        />
        <DropdownMenu.Content className="view-menu">
          {views
            .filter((each) => !tabs.includes(each))
            .map((each) => (
              <DropdownMenu.Item key={each.key} onClick={() => props.onView(each)}>
                {each.label}
              </DropdownMenu.Item>
            ))}
          {views.length > tabs.length ? <DropdownMenu.Separator /> : null}
          {view === null ? null : (
            <>
              <DropdownMenu.Item onClick={() => void act.makeStandard(view)}>
                {t("saved_views.make_standard")}
              </DropdownMenu.Item>
              <DropdownMenu.Item onClick={() => void act.pin(view)}>
                {t(act.pinned(view) ? "saved_views.unpin" : "saved_views.pin")}
              </DropdownMenu.Item>
            </>
          )}
          {act.mayCreate ? (
            <DropdownMenu.Item onClick={() => setAsking("new")}>{t("saved_views.save_as")}</DropdownMenu.Item>
          ) : null}
          {mine ? (
            <>
              <DropdownMenu.Item onClick={() => setAsking("rename")}>{t("saved_views.rename")}</DropdownMenu.Item>
              <DropdownMenu.Item
                variant="danger"
                onClick={() => void act.remove(view).then((done) => done && props.onView(null))}
              >
                {t("saved_views.remove")}
              </DropdownMenu.Item>
            </>
          ) : null}
        </DropdownMenu.Content>
      </DropdownMenu>
      {dirty ? (
        <span className="row view-changes">
          {mine ? (
            <Button size="sm" onClick={save}>
              {t("saved_views.save")}
            </Button>
          ) : act.mayCreate ? (
            <Button size="sm" onClick={() => setAsking("new")}>
              {t("saved_views.save_as")}
            </Button>
          ) : null}
          {view ? (
            <Button size="sm" variant="ghost" onClick={props.onReset}>
              {t("saved_views.reset")}
            </Button>
          ) : null}
        </span>
      ) : null}
      <span className="grow" />
      <fieldset className="shapes">
        <legend className="hidden-text">{t("saved_views.shape")}</legend>
        {props.shapes.map((shape) => {
          const Icon = ICONS[shape];
          return (
            <button
              key={shape}
              type="button"
              aria-pressed={shape === props.shape}
              aria-label={t(`views.${shape}`)}
              title={t(`views.${shape}`)}
              onClick={() => props.onShape(shape)}
            >
              <Icon aria-hidden="true" />
            </button>
          );
        })}
      </fieldset>
      <Suspense>
        {asking ? (
          <SaveView
            view={asking === "rename" ? view : null}
            onClose={() => setAsking(null)}
            onSave={async (draft) => {
              const renamed = asking === "rename" && view;
              const done = renamed
                ? await act.change(view, draft)
                : await act.create({ ...draftOf(object, shown), ...draft });
              if (done) setAsking(null);
              if (done && !renamed)
                props.onView({ key: done.id, label: done.name, search: {}, record: done, standard: false });
            }}
          />
        ) : null}
      </Suspense>
    </div>
  );
}
