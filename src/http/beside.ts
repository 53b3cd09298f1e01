import type { TSchema } from '@sinclair/typebox'
import type { AnyElysia } from 'elysia'
import type { OpenAPIV3 } from 'openapi-types'
import type { Handler } from '../gateway/handlers/handler.ts'

/** What is served beside a snapshot's handlers. */
export type Beside = {
  handlers: readonly Handler[]
  /** Applications that the documentation describes. */
  apps: readonly DescribedApp[]
}

export type DescribedApp = {
  /** Made when it is first asked for. */
  app(): AnyElysia
  /** What holds for all of its routes. */
  detail: Pick<OpenAPIV3.OperationObject, 'tags' | 'security'>
  /** What each of its routes may answer besides its own answers, by status. */
  response: Readonly<Record<number, TSchema>>
}
