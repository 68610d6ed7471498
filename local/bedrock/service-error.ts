/** An answer of the service that is an error: its modelled name, its HTTP status and a sentence. */
export class ServiceError extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(name: string, status: number, message: string) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export const validation = (message: string): ServiceError =>
  new ServiceError('ValidationException', 400, message);

export const accessDenied = (name: string, message: string): ServiceError =>
  new ServiceError(name, 403, message);

export const notFound = (message: string): ServiceError =>
  new ServiceError('ResourceNotFoundException', 404, message);

export const conflict = (message: string): ServiceError =>
  new ServiceError('ConflictException', 409, message);

export const throttled = (message: string): ServiceError =>
  new ServiceError('ThrottlingException', 429, message);

export const internal = (message: string): ServiceError =>
  new ServiceError('InternalServerException', 500, message);

export const notImplemented = (message: string): ServiceError =>
  new ServiceError('NotImplementedException', 501, message);
