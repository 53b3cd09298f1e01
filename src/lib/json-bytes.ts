export function scanObject(): void {}
