export {
  encodeOpenaiError as encodeError,
  errorFromOpenai as decodeError,
  openaiErrorBody as errorBody,
  openaiErrorInside as errorInside,
} from '../openai-error.ts'
