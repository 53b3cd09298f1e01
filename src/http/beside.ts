import type { TSchema } from '@sinclair/typebox'
import type { AnyElysia } from 'elysia'
import type { OpenAPIV3 } from 'openapi-types'
import type { Access, Handler } from '../gateway/handlers/handler.ts'

/** What is served beside a snapshot's handlers. */
export type Beside = {
  handlers: readonly Handler[]
  /** Applications that the documentation describes. */
  apps: readonly DescribedApp[]
}

export type DescribedApp = {
  /** Made when it is first asked for. */
  app(): AnyElysia
  access: Access
  /** What holds for all of its routes. */
  detail: { tags: readonly string[]; security: readonly OpenAPIV3.SecurityRequirementObject[] }
  /** What each of its routes may answer besides its own answers, by status. */
  response: Readonly<Record<number, TSchema>>
}
