import type { Route, Target } from '../../routing/table.ts'

export function targetsOf(route: Route): Target[] {
  return route.steps.flatMap(step => [...step.members])
}
