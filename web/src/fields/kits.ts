// Which kit draws which kind of field. Who adds a kind adds its folder and a line here.
import type { Field, Kind } from "../api/model";
import { address } from "./address";
import { boolean } from "./boolean";
import { data } from "./data";
import { date } from "./date";
import { dateTime } from "./date_time";
import type { Kit } from "./kit";
import { longText } from "./long_text";
import { multiSelect } from "./multi_select";
import { number } from "./number";
import { parts } from "./parts";
import { reference } from "./reference";
import { select } from "./select";
import { tags } from "./tags";
import { text } from "./text";
import { user, users } from "./user";

const KITS: Record<Kind, Kit> = {
  text,
  email: text,
  phone: text,
  url: text,
  auto_number: text,
  id: text,
  long_text: longText,
  rich_text: longText,
  integer: number,
  decimal: number,
  money: number,
  percent: number,
  duration: number,
  rating: number,
  counter: number,
  boolean,
  date,
  date_time: dateTime,
  select,
  multi_select: multiSelect,
  tags,
  reference,
  file: reference,
  user,
  address,
  geo_point: data,
  json: data,
  parts,
};

export const kitOf = (field: Field): Kit => (field.many ? users : KITS[field.kind]);
