import type { Route, Target } from '../config/table.ts'

export function targetsOf(route: Route): Target[] {
  return route.steps.flatMap(step => [...step.members])
}
