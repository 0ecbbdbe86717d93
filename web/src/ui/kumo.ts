// The kit, and the only file that imports it: what the house uses of it stands here.
export { Button } from "@cloudflare/kumo/components/button";
export { CommandPalette } from "@cloudflare/kumo/components/command-palette";
export { DropdownMenu } from "@cloudflare/kumo/components/dropdown";
export { Popover } from "@cloudflare/kumo/components/popover";
export { createKumoToastManager, Toasty } from "@cloudflare/kumo/components/toast";
