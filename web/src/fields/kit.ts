// What a kind of field brings: how it is shown, typed and filtered, and how it is written as plain text.
import type { ComponentType } from "react";
import type { Field, Model, ObjectDef } from "../api/model";
import type { Row } from "../api/records";

export interface Shown {
  field: Field;
  value: unknown;
  row: Row;
  /** In a table: one line, no links. */
  dense?: boolean;
}

export interface InputProps {
  id: string;
  field: Field;
  value: unknown;
  row: Partial<Row>;
  /** A `fault` says why what was typed is no value; it is kept on the screen. `show` is the record that was chosen. */
  onChange: (value: unknown, fault?: string, show?: unknown) => void;
  /** One choice is all there is to do: the editor may close. */
  onDone?: () => void;
  autoFocus?: boolean;
  invalid?: boolean;
  describedBy?: string | undefined;
}

export interface Operator {
  /** `filters.<name>` is its label. */
  name: string;
  /** How many values it takes. */
  takes: 0 | 1 | 2 | "many";
  write: (values: string[]) => string;
  /** `null`: this condition is not mine. */
  read: (condition: string) => string[] | null;
}

export interface FilterValueProps {
  id: string;
  field: Field;
  values: string[];
  many: boolean;
  onChange: (values: string[]) => void;
}

export interface Kit {
  Display: ComponentType<Shown>;
  Input: ComponentType<InputProps>;
  Filter: ComponentType<FilterValueProps>;
  operators: Operator[];
  width: number;
  end?: boolean;
  /** As text: for copying, and for the labels of chips. */
  text: (value: unknown, field: Field, row: Row) => string;
  /** A pasted text as a value; `undefined`: it is none. Absent: nothing can be pasted. */
  parse?: (text: string, field: Field) => unknown;
}

/** What kits may ask the screen they are on. */
export interface Surroundings {
  model: Model;
  me: string;
  kitOf: (field: Field) => Kit;
  /** Makes a record in front of the present screen. */
  NewRecord: ComponentType<NewRecordProps>;
  /** Goes to an address of the app. */
  go: (path: string) => void;
}

export interface NewRecordProps {
  object: ObjectDef;
  name: string;
  onClose: () => void;
  onMade: (id: string, title: string) => void;
}
