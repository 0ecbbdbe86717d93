export const PARTS = ["street", "street2", "postal_code", "city", "region", "country"] as const;
export type Address = Partial<Record<(typeof PARTS)[number], string>>;

export const addressOf = (value: unknown): Address => (value && typeof value === "object" ? (value as Address) : {});

export function lines(address: Address): string[] {
  const town = [address.postal_code, address.city].filter(Boolean).join(" ");
  return [address.street, address.street2, town, address.region, address.country].filter(
    (line) => line !== undefined && line !== "",
  ) as string[];
}
