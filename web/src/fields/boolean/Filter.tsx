/** Yes, no and empty are operators: there is no value to give. */
export function BooleanFilter() {
  return null;
}
