/** Errors about values: fields, dumps, versions. */
import { CinderlibError } from './base.ts';

/** A value that its field or parameter cannot take. */
export class ValueError extends CinderlibError {
  override readonly name = 'ValueError';
  override readonly code = 'VALUE_ERROR';
}

/** QoS specs that Cinder rejects, for instance for an unknown consumer. */
export class InvalidQoSSpecs extends CinderlibError {
  override readonly name = 'InvalidQoSSpecs';
  override readonly code = 'INVALID_QOS_SPECS';
}

/** Text that is not valid JSON. The message is that of Python's parser, with line and column. */
export class JSONDecodeError extends CinderlibError {
  override readonly name = 'JSONDecodeError';
  override readonly code = 'JSON_DECODE_ERROR';
}

/** A dump that cannot be loaded: it is not one, is incomplete or ambiguous, or its secrets are masked. */
export class InvalidDump extends CinderlibError {
  override readonly name = 'InvalidDump';
  override readonly code = 'INVALID_DUMP';
}

/** An object whose version is newer than this library knows. */
export class IncompatibleObjectVersion extends CinderlibError {
  override readonly name = 'IncompatibleObjectVersion';
  override readonly code = 'INCOMPATIBLE_OBJECT_VERSION';
  constructor(object: string, version: string, supported: string) {
    super(`Version ${version} of ${object} is not supported, supported version is ${supported}`);
  }
}

/** A malformed object version. */
export class InvalidVersion extends CinderlibError {
  override readonly name = 'InvalidVersion';
  override readonly code = 'INVALID_VERSION';
}

/** An object from another namespace, or of a class that this library does not know. */
export class UnsupportedObjectError extends CinderlibError {
  override readonly name = 'UnsupportedObjectError';
  override readonly code = 'UNSUPPORTED_OBJECT_ERROR';
  constructor(objectType: string) {
    super(`Unsupported object type ${objectType}`);
  }
}

/** A field was read that is not set on the object and cannot be loaded. */
export class ObjectActionError extends CinderlibError {
  override readonly name = 'ObjectActionError';
  override readonly code = 'OBJECT_ACTION_ERROR';
  constructor(action: string, reason: string) {
    super(`Object action ${action} failed because: ${reason}`);
  }
}
