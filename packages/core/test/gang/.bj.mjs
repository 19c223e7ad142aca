// packages/core/test/gang/simulate-join.ts
import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// packages/core/src/gang/rendezvous.ts
var stay = (state) => ({ state, outputs: [] });
var refuse = (state, { index, incarnation }, reason) => ({
  state,
  outputs: [{ type: "refused", index, incarnation, reason }]
});
var fail = (state, failure2) => ({
  state: { phase: "failed", size: state.size, failure: failure2 },
  outputs: [{ type: "failed", failure: failure2 }]
});
var over = { exit: stay, lost: stay, deadline: stay };
var table = {
  gathering: {
    join: (state, { type: _, ...join2 }) => {
      if (join2.index < 0 || join2.index >= state.size) return refuse(state, join2, "unknown");
      const present = state.joined[join2.index];
      if (present?.incarnation === join2.incarnation) return stay(state);
      if (present !== void 0) return refuse(state, join2, "duplicate");
      const joined = state.joined.with(join2.index, join2);
      const missing = state.missing - 1;
      const told = { type: "joined", index: join2.index, missing };
      if (missing > 0) return { state: { ...state, joined, missing }, outputs: [told] };
      const roster = rosterOf(joined);
      return { state: { phase: "released", size: state.size, roster }, outputs: [told, { type: "release", roster }] };
    },
    exit: (state, { index, exitCode: exitCode2 = null, signal = null, stderr = "" }) => fail(state, { reason: "exit", nodes: [index], exitCode: exitCode2, signal, stderr }),
    lost: (state, { index, incarnation }) => state.joined[index]?.incarnation === incarnation ? fail(state, { reason: "lost", nodes: [index] }) : stay(state),
    deadline: (state) => fail(state, { reason: "deadline", nodes: missingNodes(state) })
  },
  released: {
    join: (state, { type: _, ...join2 }) => refuse(state, join2, join2.index < 0 || join2.index >= state.size ? "unknown" : "late"),
    ...over
  },
  failed: {
    join: (state, { type: _, ...join2 }) => refuse(state, join2, "late"),
    ...over
  }
};
function newRendezvous(size) {
  return { phase: "gathering", size, joined: Array.from({ length: size }, () => void 0), missing: size };
}
function rendezvousStep(state, event) {
  const transition2 = table[state.phase][event.type];
  return transition2(state, event);
}
function missingNodes(state) {
  if (state.phase !== "gathering") return [];
  return state.joined.flatMap((join2, index) => join2 === void 0 ? [index] : []);
}
function rosterOf(joined) {
  return joined.filter((join2) => join2 !== void 0).map(({ index, address, slots, facts: facts2 }) => ({ index, name: `node${index}`, address, slots, facts: facts2 }));
}

// packages/core/src/gang/channel/client.ts
import { EventEmitter } from "node:events";
import { connect } from "node:tls";
import { randomBytes as randomBytes2 } from "node:crypto";

// packages/core/src/errors/flow-error.ts
var brand = /* @__PURE__ */ Symbol.for("@flow/core.FlowError");
var FlowError = class extends Error {
  static {
    Object.defineProperty(this.prototype, brand, { value: true });
    Object.defineProperty(this.prototype, "name", { value: "FlowError", writable: true, configurable: true });
  }
  code;
  why;
  fix;
  at;
  frame;
  details;
  constructor(code, options) {
    super(options.message, options.cause === void 0 ? void 0 : { cause: options.cause });
    this.code = code;
    this.why = options.why;
    this.fix = options.fix;
    this.at = options.at;
    this.frame = options.frame;
    this.details = options.details ?? {};
  }
  /** True for a FlowError of any copy of core. */
  static is(error) {
    return typeof error === "object" && error !== null && brand in error;
  }
};

// packages/core/src/errors/serialize.ts
var MAX_CAUSES = 8;
function serializeError(thrown, depth = 0) {
  if (!(thrown instanceof Error) && !FlowError.is(thrown)) return { name: "Error", message: describeThrown(thrown) };
  const cause = thrown.cause === void 0 || depth >= MAX_CAUSES ? void 0 : serializeError(thrown.cause, depth + 1);
  const base = { name: thrown.name, message: thrown.message, stack: thrown.stack, cause };
  if (FlowError.is(thrown)) {
    const { code: code2, why, fix, at, frame, details } = thrown;
    return { ...base, code: code2, why, fix, at, frame, details };
  }
  const code = thrown.code;
  return typeof code === "string" ? { ...base, code } : base;
}
function deserializeError(data2) {
  const cause = data2.cause === void 0 ? void 0 : deserializeError(data2.cause);
  const error = data2.code?.startsWith("FLOW_") ? new FlowError(data2.code, { ...data2, cause }) : Object.assign(new Error(data2.message, cause === void 0 ? void 0 : { cause }), data2.code === void 0 ? {} : { code: data2.code });
  if (error.name !== data2.name) Object.defineProperty(error, "name", { value: data2.name, configurable: true });
  if (data2.stack !== void 0) Object.defineProperty(error, "stack", { value: data2.stack, configurable: true, writable: true });
  return error;
}
function describeThrown(thrown) {
  if (typeof thrown === "string") return thrown;
  try {
    return `a value that is not an Error was thrown: ${JSON.stringify(thrown) ?? String(thrown)}`;
  } catch {
    return `a value that is not an Error was thrown: ${String(thrown)}`;
  }
}

// node_modules/msgpackr/unpack.js
var decoder;
try {
  decoder = new TextDecoder();
} catch (error) {
}
var src;
var srcEnd;
var position = 0;
var EMPTY_ARRAY = [];
var strings = EMPTY_ARRAY;
var stringPosition = 0;
var currentUnpackr = {};
var currentStructures;
var srcString;
var srcStringStart = 0;
var srcStringEnd = 0;
var bundledStrings;
var referenceMap;
var currentExtensions = [];
var dataView;
var arrayAllocationBudget;
var defaultOptions = {
  useRecords: false,
  mapsAsObjects: true
};
var C1Type = class {
};
var C1 = new C1Type();
C1.name = "MessagePack 0xC1";
var sequentialMode = false;
var inlineObjectReadThreshold = 2;
var Unpackr = class _Unpackr {
  constructor(options) {
    if (options) {
      if (options.useRecords === false && options.mapsAsObjects === void 0)
        options.mapsAsObjects = true;
      if (options.sequential && options.trusted !== false) {
        options.trusted = true;
        if (!options.structures && options.useRecords != false) {
          options.structures = [];
          if (!options.maxSharedStructures)
            options.maxSharedStructures = 0;
        }
      }
      if (options.structures)
        options.structures.sharedLength = options.structures.length;
      else if (options.getStructures) {
        (options.structures = []).uninitialized = true;
        options.structures.sharedLength = 0;
      }
      if (options.int64AsNumber) {
        options.int64AsType = "number";
      }
    }
    Object.assign(this, options);
  }
  unpack(source, options) {
    if (src) {
      return saveState(() => {
        clearSource();
        try {
          return this ? this.unpack(source, options) : _Unpackr.prototype.unpack.call(defaultOptions, source, options);
        } catch (error) {
          if (error && typeof error == "object")
            nestedUnpackErrors.add(error);
          throw error;
        }
      });
    }
    if (!source.buffer && source.constructor === ArrayBuffer)
      source = typeof Buffer !== "undefined" ? Buffer.from(source) : new Uint8Array(source);
    if (typeof options === "object") {
      srcEnd = options.end || source.length;
      position = options.start || 0;
    } else {
      position = 0;
      srcEnd = options > -1 ? options : source.length;
    }
    if (srcEnd > source.length) srcEnd = source.length;
    stringPosition = 0;
    srcStringEnd = 0;
    srcString = null;
    strings = EMPTY_ARRAY;
    bundledStrings = null;
    src = source;
    try {
      dataView = source.dataView || (source.dataView = new DataView(source.buffer, source.byteOffset, source.byteLength));
    } catch (error) {
      src = null;
      if (source instanceof Uint8Array)
        throw error;
      throw new Error("Source must be a Uint8Array or Buffer but was a " + (source && typeof source == "object" ? source.constructor.name : typeof source));
    }
    if (this instanceof _Unpackr) {
      currentUnpackr = this;
      if (this.structures) {
        currentStructures = this.structures;
        return checkedRead(options);
      } else if (!currentStructures || currentStructures.length > 0) {
        currentStructures = [];
      }
    } else {
      currentUnpackr = defaultOptions;
      if (!currentStructures || currentStructures.length > 0)
        currentStructures = [];
    }
    return checkedRead(options);
  }
  unpackMultiple(source, forEach) {
    let values, lastPosition = 0;
    try {
      sequentialMode = true;
      let size = source.length;
      let value = this ? this.unpack(source, size) : defaultUnpackr.unpack(source, size);
      if (forEach) {
        if (forEach(value, lastPosition, position) === false) return;
        while (position < size) {
          lastPosition = position;
          if (forEach(checkedRead(), lastPosition, position) === false) {
            return;
          }
        }
      } else {
        values = [value];
        while (position < size) {
          lastPosition = position;
          values.push(checkedRead());
        }
        return values;
      }
    } catch (error) {
      error.lastPosition = lastPosition;
      error.values = values;
      throw error;
    } finally {
      sequentialMode = false;
      clearSource();
    }
  }
  _mergeStructures(loadedStructures, existingStructures) {
    if (this._onLoadedStructures)
      loadedStructures = this._onLoadedStructures(loadedStructures);
    loadedStructures = loadedStructures || [];
    if (Object.isFrozen(loadedStructures))
      loadedStructures = loadedStructures.map((structure) => structure.slice(0));
    for (let i = 0, l = loadedStructures.length; i < l; i++) {
      let structure = loadedStructures[i];
      if (structure) {
        structure.isShared = true;
        if (i >= 32)
          structure.highByte = i - 32 >> 5;
      }
    }
    loadedStructures.sharedLength = loadedStructures.length;
    for (let id in existingStructures || []) {
      if (id >= 0) {
        let structure = loadedStructures[id];
        let existing = existingStructures[id];
        if (existing) {
          if (structure)
            (loadedStructures.restoreStructures || (loadedStructures.restoreStructures = []))[id] = structure;
          loadedStructures[id] = existing;
        }
      }
    }
    return this.structures = loadedStructures;
  }
  decode(source, options) {
    return this.unpack(source, options);
  }
};
var nestedUnpackErrors = /* @__PURE__ */ new WeakSet();
function checkedRead(options) {
  try {
    if (!currentUnpackr.trusted && !sequentialMode) {
      let sharedLength = currentStructures.sharedLength || 0;
      if (sharedLength < currentStructures.length)
        currentStructures.length = sharedLength;
    }
    let result;
    arrayAllocationBudget = srcEnd - position;
    if (currentUnpackr._readStruct && src[position] < 64 && src[position] >= 32) {
      result = currentUnpackr._readStruct(src, position, srcEnd);
      src = null;
      if (!(options && options.lazy) && result)
        result = result.toJSON();
      position = srcEnd;
    } else
      result = read();
    if (bundledStrings) {
      position = bundledStrings.postBundlePosition;
      bundledStrings = null;
    }
    if (sequentialMode)
      currentStructures.restoreStructures = null;
    if (position == srcEnd) {
      if (currentStructures && currentStructures.restoreStructures)
        restoreStructures();
      currentStructures = null;
      src = null;
      if (referenceMap)
        referenceMap = null;
    } else if (position > srcEnd) {
      throw new Error("Unexpected end of MessagePack data");
    } else if (!sequentialMode) {
      let jsonView;
      try {
        jsonView = JSON.stringify(result, (_, value) => typeof value === "bigint" ? `${value}n` : value).slice(0, 100);
      } catch (error) {
        jsonView = "(JSON view not available " + error + ")";
      }
      throw new Error("Data read, but end of buffer not reached " + jsonView);
    }
    return result;
  } catch (error) {
    if (currentStructures && currentStructures.restoreStructures)
      restoreStructures();
    clearSource();
    classifyIncomplete(error);
    throw error;
  }
}
function classifyIncomplete(error) {
  if (!error || typeof error != "object")
    return;
  if (position > srcEnd) {
    error.incomplete = true;
  } else if (nestedUnpackErrors.has(error)) {
    if (error.incomplete)
      error.incomplete = false;
  } else if (error instanceof RangeError && position + 8 > srcEnd || typeof error.message == "string" && error.message.startsWith("Unexpected end of buffer")) {
    error.incomplete = true;
  }
}
function restoreStructures() {
  for (let id in currentStructures.restoreStructures) {
    currentStructures[id] = currentStructures.restoreStructures[id];
  }
  currentStructures.restoreStructures = null;
}
function read() {
  let token = src[position++];
  if (token < 160) {
    if (token < 128) {
      if (token < 64)
        return token;
      else {
        let structure = currentStructures[token & 63] || currentUnpackr.getStructures && loadStructures()[token & 63];
        if (structure) {
          if (!structure.read) {
            structure.read = createStructureReader(structure, token & 63);
          }
          return structure.read();
        } else
          return token;
      }
    } else if (token < 144) {
      token -= 128;
      if (currentUnpackr.mapsAsObjects) {
        let object2 = {};
        for (let i = 0; i < token; i++) {
          let key = readKey();
          if (key === "__proto__")
            key = "__proto_";
          object2[key] = read();
        }
        return object2;
      } else {
        let map = /* @__PURE__ */ new Map();
        for (let i = 0; i < token; i++) {
          map.set(read(), read());
        }
        return map;
      }
    } else {
      token -= 144;
      let array2 = new Array(token);
      for (let i = 0; i < token; i++) {
        array2[i] = read();
      }
      if (currentUnpackr.freezeData)
        return Object.freeze(array2);
      return array2;
    }
  } else if (token < 192) {
    let length = token - 160;
    if (srcStringEnd >= position) {
      return srcString.slice(position - srcStringStart, (position += length) - srcStringStart);
    }
    if (srcStringEnd == 0 && srcEnd < 140) {
      let string3 = length < 16 ? shortStringInJS(length) : longStringInJS(length);
      if (string3 != null)
        return string3;
    }
    return readFixedString(length);
  } else {
    let value;
    switch (token) {
      case 192:
        return null;
      case 193:
        if (bundledStrings) {
          value = read();
          if (value > 0)
            return bundledStrings[1].slice(bundledStrings.position1, bundledStrings.position1 += value);
          else
            return bundledStrings[0].slice(bundledStrings.position0, bundledStrings.position0 -= value);
        }
        return C1;
      // "never-used", return special object to denote that
      case 194:
        return false;
      case 195:
        return true;
      case 196:
        value = src[position++];
        if (value === void 0)
          throw new Error("Unexpected end of buffer");
        return readBin(value);
      case 197:
        value = dataView.getUint16(position);
        position += 2;
        if (value > srcEnd - position) throw endOfMessagePackError(position + value);
        return readBin(value);
      case 198:
        value = dataView.getUint32(position);
        position += 4;
        if (value > srcEnd - position) throw endOfMessagePackError(position + value);
        return readBin(value);
      case 199:
        return readExt(src[position++]);
      case 200:
        value = dataView.getUint16(position);
        position += 2;
        return readExt(value);
      case 201:
        value = dataView.getUint32(position);
        position += 4;
        return readExt(value);
      case 202:
        value = dataView.getFloat32(position);
        if (currentUnpackr.useFloat32 > 2) {
          let multiplier = mult10[(src[position] & 127) << 1 | src[position + 1] >> 7];
          position += 4;
          return (multiplier * value + (value > 0 ? 0.5 : -0.5) >> 0) / multiplier;
        }
        position += 4;
        return value;
      case 203:
        value = dataView.getFloat64(position);
        position += 8;
        return value;
      // uint handlers
      case 204:
        return src[position++];
      case 205:
        value = dataView.getUint16(position);
        position += 2;
        return value;
      case 206:
        value = dataView.getUint32(position);
        position += 4;
        return value;
      case 207:
        if (currentUnpackr.int64AsType === "number") {
          value = dataView.getUint32(position) * 4294967296;
          value += dataView.getUint32(position + 4);
        } else if (currentUnpackr.int64AsType === "string") {
          value = dataView.getBigUint64(position).toString();
        } else if (currentUnpackr.int64AsType === "auto") {
          value = dataView.getBigUint64(position);
          if (value <= BigInt(2) << BigInt(52)) value = Number(value);
        } else
          value = dataView.getBigUint64(position);
        position += 8;
        return value;
      // int handlers
      case 208:
        return dataView.getInt8(position++);
      case 209:
        value = dataView.getInt16(position);
        position += 2;
        return value;
      case 210:
        value = dataView.getInt32(position);
        position += 4;
        return value;
      case 211:
        if (currentUnpackr.int64AsType === "number") {
          value = dataView.getInt32(position) * 4294967296;
          value += dataView.getUint32(position + 4);
        } else if (currentUnpackr.int64AsType === "string") {
          value = dataView.getBigInt64(position).toString();
        } else if (currentUnpackr.int64AsType === "auto") {
          value = dataView.getBigInt64(position);
          if (value >= BigInt(-2) << BigInt(52) && value <= BigInt(2) << BigInt(52)) value = Number(value);
        } else
          value = dataView.getBigInt64(position);
        position += 8;
        return value;
      case 212:
        value = src[position++];
        if (value == 114) {
          return recordDefinition(src[position++] & 63);
        } else {
          let extension = currentExtensions[value];
          if (extension) {
            if (extension.read) {
              position++;
              return extension.read(read());
            } else if (extension.noBuffer) {
              position++;
              return extension();
            } else {
              if (position >= srcEnd) throw endOfMessagePackError();
              return extension(src.subarray(position, ++position));
            }
          } else
            throw new Error("Unknown extension " + value);
        }
      case 213:
        value = src[position];
        if (value == 114) {
          position++;
          return recordDefinition(src[position++] & 63, src[position++]);
        } else
          return readExt(2);
      case 214:
        return readExt(4);
      case 215:
        return readExt(8);
      case 216:
        return readExt(16);
      case 217:
        value = src[position++];
        if (srcStringEnd >= position) {
          return srcString.slice(position - srcStringStart, (position += value) - srcStringStart);
        }
        return readString8(value);
      case 218:
        value = dataView.getUint16(position);
        position += 2;
        if (value > srcEnd - position) throw endOfMessagePackError(position + value);
        if (srcStringEnd >= position) {
          return srcString.slice(position - srcStringStart, (position += value) - srcStringStart);
        }
        return readString16(value);
      case 219:
        value = dataView.getUint32(position);
        position += 4;
        if (value > srcEnd - position) throw endOfMessagePackError(position + value);
        if (srcStringEnd >= position) {
          return srcString.slice(position - srcStringStart, (position += value) - srcStringStart);
        }
        return readString32(value);
      case 220:
        value = dataView.getUint16(position);
        position += 2;
        return readArray(value);
      case 221:
        value = dataView.getUint32(position);
        position += 4;
        return readArray(value);
      case 222:
        value = dataView.getUint16(position);
        position += 2;
        return readMap(value);
      case 223:
        value = dataView.getUint32(position);
        position += 4;
        return readMap(value);
      default:
        if (token >= 224)
          return token - 256;
        if (token === void 0) throw endOfMessagePackError();
        throw new Error("Unknown MessagePack token " + token);
    }
  }
}
var validName = /^[a-zA-Z_$][a-zA-Z\d_$]*$/;
function createStructureReader(structure, firstId) {
  function readObject() {
    if (readObject.count++ > inlineObjectReadThreshold) {
      let optimizedReadObject;
      try {
        optimizedReadObject = structure.read = new Function("r", "return function(){return " + (currentUnpackr.freezeData ? "Object.freeze" : "") + "({" + structure.map((key) => key === "__proto__" ? "__proto_:r()" : validName.test(key) ? key + ":r()" : "[" + JSON.stringify(key) + "]:r()").join(",") + "})}")(read);
      } catch (error) {
        inlineObjectReadThreshold = Infinity;
        return readObject();
      }
      structure.read0 = optimizedReadObject;
      if (structure.highByte === 0)
        structure.read = createSecondByteReader(firstId, structure.read);
      return optimizedReadObject();
    }
    let object2 = {};
    for (let i = 0, l = structure.length; i < l; i++) {
      let key = structure[i];
      if (key === "__proto__")
        key = "__proto_";
      object2[key] = read();
    }
    if (currentUnpackr.freezeData)
      return Object.freeze(object2);
    return object2;
  }
  readObject.count = 0;
  structure.read0 = readObject;
  if (structure.highByte === 0) {
    return createSecondByteReader(firstId, readObject);
  }
  return readObject;
}
var createSecondByteReader = (firstId, read0) => {
  return function() {
    let highByte = src[position++];
    if (highByte === 0)
      return read0();
    let id = firstId < 32 ? -(firstId + (highByte << 5)) : firstId + (highByte << 5);
    let structure = currentStructures[id] || loadStructures()[id];
    if (!structure) {
      throw new Error("Record id is not defined for " + id);
    }
    if (!structure.read)
      structure.read = createStructureReader(structure, firstId);
    return structure.read();
  };
};
function loadStructures() {
  let loadedStructures = saveState(() => {
    src = null;
    return currentUnpackr.getStructures();
  });
  return currentStructures = currentUnpackr._mergeStructures(loadedStructures, currentStructures);
}
var readFixedString = readStringJS;
var readString8 = readStringJS;
var readString16 = readStringJS;
var readString32 = readStringJS;
function readStringJS(length) {
  let result;
  if (length < 16) {
    if (result = shortStringInJS(length))
      return result;
  }
  if (length > 64 && decoder)
    return decoder.decode(src.subarray(position, position += length));
  const end2 = position + length;
  const units = [];
  result = "";
  while (position < end2) {
    const byte1 = src[position++];
    if ((byte1 & 128) === 0) {
      units.push(byte1);
    } else if ((byte1 & 224) === 192) {
      if (byte1 < 194 || position >= end2 || (src[position] & 192) !== 128) {
        units.push(65533);
      } else {
        const byte2 = src[position++] & 63;
        units.push((byte1 & 31) << 6 | byte2);
      }
    } else if ((byte1 & 240) === 224) {
      const byte2 = position < end2 ? src[position] : 0;
      if (position >= end2 || (byte2 & 192) !== 128 || byte1 === 224 && byte2 < 160 || byte1 === 237 && byte2 >= 160) {
        units.push(65533);
      } else {
        position++;
        if (position >= end2 || (src[position] & 192) !== 128) {
          units.push(65533);
        } else {
          const byte3 = src[position++] & 63;
          units.push((byte1 & 31) << 12 | (byte2 & 63) << 6 | byte3);
        }
      }
    } else if ((byte1 & 248) === 240) {
      const byte2 = position < end2 ? src[position] : 0;
      if (byte1 > 244 || position >= end2 || (byte2 & 192) !== 128 || byte1 === 240 && byte2 < 144 || byte1 === 244 && byte2 >= 144) {
        units.push(65533);
      } else {
        position++;
        if (position >= end2 || (src[position] & 192) !== 128) {
          units.push(65533);
        } else {
          const byte3 = src[position++] & 63;
          if (position >= end2 || (src[position] & 192) !== 128) {
            units.push(65533);
          } else {
            const byte4 = src[position++] & 63;
            let unit = (byte1 & 7) << 18 | (byte2 & 63) << 12 | byte3 << 6 | byte4;
            unit -= 65536;
            units.push(unit >>> 10 & 1023 | 55296);
            units.push(56320 | unit & 1023);
          }
        }
      }
    } else {
      units.push(65533);
    }
    if (units.length >= 4096) {
      result += fromCharCode.apply(String, units);
      units.length = 0;
    }
  }
  if (units.length > 0) {
    result += fromCharCode.apply(String, units);
  }
  return result;
}
function endOfMessagePackError(end2) {
  let error = new Error("Unexpected end of MessagePack data");
  error.incomplete = true;
  if (end2 > srcEnd && position <= srcEnd)
    error.missingBytes = end2 - srcEnd;
  return error;
}
function readArray(length) {
  if (length > srcEnd - position || (arrayAllocationBudget -= length) < 0) throw endOfMessagePackError(position + length);
  let array2 = new Array(length);
  for (let i = 0; i < length; i++) {
    array2[i] = read();
  }
  if (currentUnpackr.freezeData)
    return Object.freeze(array2);
  return array2;
}
function readMap(length) {
  if (length > (srcEnd - position) / 2) throw endOfMessagePackError(position + 2 * length);
  if (currentUnpackr.mapsAsObjects) {
    let object2 = {};
    for (let i = 0; i < length; i++) {
      let key = readKey();
      if (key === "__proto__")
        key = "__proto_";
      object2[key] = read();
    }
    return object2;
  } else {
    let map = /* @__PURE__ */ new Map();
    for (let i = 0; i < length; i++) {
      map.set(read(), read());
    }
    return map;
  }
}
var fromCharCode = String.fromCharCode;
function longStringInJS(length) {
  let start = position;
  if (src.latin1Slice) {
    let end2 = start + length;
    if (end2 > srcEnd)
      return;
    for (let i = start; i < end2; i++) {
      if ((src[i] & 128) > 0)
        return;
    }
    position = end2;
    return src.latin1Slice(start, end2);
  }
  let bytes2 = new Array(length);
  for (let i = 0; i < length; i++) {
    const byte = src[position++];
    if ((byte & 128) > 0) {
      position = start;
      return;
    }
    bytes2[i] = byte;
  }
  return fromCharCode.apply(String, bytes2);
}
function shortStringInJS(length) {
  if (length < 4) {
    if (length < 2) {
      if (length === 0)
        return "";
      else {
        let a = src[position++];
        if ((a & 128) > 1) {
          position -= 1;
          return;
        }
        return fromCharCode(a);
      }
    } else {
      let a = src[position++];
      let b = src[position++];
      if ((a & 128) > 0 || (b & 128) > 0) {
        position -= 2;
        return;
      }
      if (length < 3)
        return fromCharCode(a, b);
      let c = src[position++];
      if ((c & 128) > 0) {
        position -= 3;
        return;
      }
      return fromCharCode(a, b, c);
    }
  } else {
    let a = src[position++];
    let b = src[position++];
    let c = src[position++];
    let d = src[position++];
    if ((a & 128) > 0 || (b & 128) > 0 || (c & 128) > 0 || (d & 128) > 0) {
      position -= 4;
      return;
    }
    if (length < 6) {
      if (length === 4)
        return fromCharCode(a, b, c, d);
      else {
        let e = src[position++];
        if ((e & 128) > 0) {
          position -= 5;
          return;
        }
        return fromCharCode(a, b, c, d, e);
      }
    } else if (length < 8) {
      let e = src[position++];
      let f = src[position++];
      if ((e & 128) > 0 || (f & 128) > 0) {
        position -= 6;
        return;
      }
      if (length < 7)
        return fromCharCode(a, b, c, d, e, f);
      let g = src[position++];
      if ((g & 128) > 0) {
        position -= 7;
        return;
      }
      return fromCharCode(a, b, c, d, e, f, g);
    } else {
      let e = src[position++];
      let f = src[position++];
      let g = src[position++];
      let h = src[position++];
      if ((e & 128) > 0 || (f & 128) > 0 || (g & 128) > 0 || (h & 128) > 0) {
        position -= 8;
        return;
      }
      if (length < 10) {
        if (length === 8)
          return fromCharCode(a, b, c, d, e, f, g, h);
        else {
          let i = src[position++];
          if ((i & 128) > 0) {
            position -= 9;
            return;
          }
          return fromCharCode(a, b, c, d, e, f, g, h, i);
        }
      } else if (length < 12) {
        let i = src[position++];
        let j = src[position++];
        if ((i & 128) > 0 || (j & 128) > 0) {
          position -= 10;
          return;
        }
        if (length < 11)
          return fromCharCode(a, b, c, d, e, f, g, h, i, j);
        let k = src[position++];
        if ((k & 128) > 0) {
          position -= 11;
          return;
        }
        return fromCharCode(a, b, c, d, e, f, g, h, i, j, k);
      } else {
        let i = src[position++];
        let j = src[position++];
        let k = src[position++];
        let l = src[position++];
        if ((i & 128) > 0 || (j & 128) > 0 || (k & 128) > 0 || (l & 128) > 0) {
          position -= 12;
          return;
        }
        if (length < 14) {
          if (length === 12)
            return fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l);
          else {
            let m = src[position++];
            if ((m & 128) > 0) {
              position -= 13;
              return;
            }
            return fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m);
          }
        } else {
          let m = src[position++];
          let n = src[position++];
          if ((m & 128) > 0 || (n & 128) > 0) {
            position -= 14;
            return;
          }
          if (length < 15)
            return fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
          let o = src[position++];
          if ((o & 128) > 0) {
            position -= 15;
            return;
          }
          return fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
        }
      }
    }
  }
}
function readOnlyJSString() {
  let token = src[position++];
  let length;
  if (token < 192) {
    length = token - 160;
  } else {
    switch (token) {
      case 217:
        length = src[position++];
        break;
      case 218:
        length = dataView.getUint16(position);
        position += 2;
        break;
      case 219:
        length = dataView.getUint32(position);
        position += 4;
        break;
      default:
        throw new Error("Expected string");
    }
  }
  return readStringJS(length);
}
function readBin(length) {
  return currentUnpackr.copyBuffers ? (
    // specifically use the copying slice (not the node one)
    Uint8Array.prototype.slice.call(src, position, position += length)
  ) : src.subarray(position, position += length);
}
function readExt(length) {
  if (length >= srcEnd - position) throw endOfMessagePackError(position + 1 + length);
  let type = src[position++];
  if (currentExtensions[type]) {
    let end2;
    return currentExtensions[type](src.subarray(position, end2 = position += length), (readPosition) => {
      position = readPosition;
      try {
        return read();
      } finally {
        position = end2;
      }
    });
  } else
    throw new Error("Unknown extension type " + type);
}
var keyCache = new Array(4096);
function readKey() {
  let length = src[position++];
  if (length >= 160 && length < 192) {
    length = length - 160;
    if (srcStringEnd >= position)
      return srcString.slice(position - srcStringStart, (position += length) - srcStringStart);
    else if (!(srcStringEnd == 0 && srcEnd < 180))
      return readFixedString(length);
  } else {
    position--;
    return asSafeString(read());
  }
  if (length > srcEnd - position) throw endOfMessagePackError(position + length);
  let key = (length << 5 ^ (length > 1 ? dataView.getUint16(position) : length > 0 ? src[position] : 0)) & 4095;
  let entry = keyCache[key];
  let checkPosition = position;
  let end2 = position + length - 3;
  let chunk;
  let i = 0;
  if (entry && entry.bytes == length) {
    while (checkPosition < end2) {
      chunk = dataView.getUint32(checkPosition);
      if (chunk != entry[i++]) {
        checkPosition = 1879048192;
        break;
      }
      checkPosition += 4;
    }
    end2 += 3;
    while (checkPosition < end2) {
      chunk = src[checkPosition++];
      if (chunk != entry[i++]) {
        checkPosition = 1879048192;
        break;
      }
    }
    if (checkPosition === end2) {
      position = checkPosition;
      return entry.string;
    }
    end2 -= 3;
    checkPosition = position;
  }
  entry = [];
  keyCache[key] = entry;
  entry.bytes = length;
  while (checkPosition < end2) {
    chunk = dataView.getUint32(checkPosition);
    entry.push(chunk);
    checkPosition += 4;
  }
  end2 += 3;
  while (checkPosition < end2) {
    chunk = src[checkPosition++];
    entry.push(chunk);
  }
  let string3 = length < 16 ? shortStringInJS(length) : longStringInJS(length);
  if (string3 != null)
    return entry.string = string3;
  return entry.string = readFixedString(length);
}
function asSafeString(property) {
  if (typeof property === "string") return property;
  if (typeof property === "number" || typeof property === "boolean" || typeof property === "bigint") return property.toString();
  if (property == null) return property + "";
  if (currentUnpackr.allowArraysInMapKeys && Array.isArray(property) && property.flat().every((item) => ["string", "number", "boolean", "bigint"].includes(typeof item))) {
    return property.flat().toString();
  }
  throw new Error(`Invalid property type for record: ${typeof property}. A MessagePack map with non-string keys can be decoded as a Map with mapsAsObjects: false`);
}
var recordDefinition = (id, highByte) => {
  let structure = read().map(asSafeString);
  let firstByte = id;
  if (highByte !== void 0) {
    id = id < 32 ? -((highByte << 5) + id) : (highByte << 5) + id;
    structure.highByte = highByte;
  }
  let existingStructure = currentStructures[id];
  if (existingStructure && (existingStructure.isShared || sequentialMode)) {
    (currentStructures.restoreStructures || (currentStructures.restoreStructures = []))[id] = existingStructure;
  }
  currentStructures[id] = structure;
  structure.read = createStructureReader(structure, firstByte);
  return (structure.read0 || structure.read)();
};
currentExtensions[0] = () => {
};
currentExtensions[0].noBuffer = true;
currentExtensions[66] = (data2) => {
  let headLength = data2.byteLength % 8 || 8;
  let head = BigInt(data2[0] & 128 ? data2[0] - 256 : data2[0]);
  for (let i = 1; i < headLength; i++) {
    head <<= BigInt(8);
    head += BigInt(data2[i]);
  }
  if (data2.byteLength !== headLength) {
    let view = new DataView(data2.buffer, data2.byteOffset, data2.byteLength);
    let decode4 = (start, end2) => {
      let length = end2 - start;
      if (length <= 40) {
        let out = view.getBigUint64(start);
        for (let i = start + 8; i < end2; i += 8) {
          out <<= BigInt(64);
          out |= view.getBigUint64(i);
        }
        return out;
      }
      let middle = start + (length >> 4 << 3);
      let left = decode4(start, middle);
      let right = decode4(middle, end2);
      return left << BigInt((end2 - middle) * 8) | right;
    };
    head = head << BigInt((view.byteLength - headLength) * 8) | decode4(headLength, view.byteLength);
  }
  return head;
};
var errors = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError: typeof AggregateError === "function" ? AggregateError : null
};
currentExtensions[101] = () => {
  let data2 = read();
  if (!errors[data2[0]]) {
    let error = Error(data2[1], { cause: data2[2] });
    error.name = data2[0];
    return error;
  }
  return errors[data2[0]](data2[1], { cause: data2[2] });
};
currentExtensions[105] = (data2) => {
  if (currentUnpackr.structuredClone === false) throw new Error("Structured clone extension is disabled");
  let id = dataView.getUint32(position - 4);
  if (!referenceMap)
    referenceMap = /* @__PURE__ */ new Map();
  let token = src[position];
  let target2;
  if (token >= 144 && token < 160 || token == 220 || token == 221)
    target2 = [];
  else if (token >= 128 && token < 144 || token == 222 || token == 223)
    target2 = /* @__PURE__ */ new Map();
  else if ((token >= 199 && token <= 201 || token >= 212 && token <= 216) && src[position + 1] === 115)
    target2 = /* @__PURE__ */ new Set();
  else
    target2 = {};
  let refEntry = { target: target2 };
  referenceMap.set(id, refEntry);
  let targetProperties = read();
  if (!refEntry.used) {
    return refEntry.target = targetProperties;
  } else {
    Object.assign(target2, targetProperties);
  }
  if (target2 instanceof Map)
    for (let [k, v] of targetProperties.entries()) target2.set(k, v);
  if (target2 instanceof Set)
    for (let i of Array.from(targetProperties)) target2.add(i);
  return target2;
};
currentExtensions[112] = (data2) => {
  if (currentUnpackr.structuredClone === false) throw new Error("Structured clone extension is disabled");
  let id = dataView.getUint32(position - 4);
  let refEntry = referenceMap.get(id);
  refEntry.used = true;
  return refEntry.target;
};
currentExtensions[115] = () => new Set(read());
var typedArrays = ["Int8", "Uint8", "Uint8Clamped", "Int16", "Uint16", "Int32", "Uint32", "Float32", "Float64", "BigInt64", "BigUint64"].map((type) => type + "Array");
var glbl = typeof globalThis === "object" ? globalThis : window;
currentExtensions[116] = (data2) => {
  let typeCode = data2[0];
  let buffer = Uint8Array.prototype.slice.call(data2, 1).buffer;
  let typedArrayName = typedArrays[typeCode];
  if (!typedArrayName) {
    if (typeCode === 16) return buffer;
    if (typeCode === 17) return new DataView(buffer);
    throw new Error("Could not find typed array for code " + typeCode);
  }
  return new glbl[typedArrayName](buffer);
};
currentExtensions[120] = () => {
  let data2 = read();
  return new RegExp(data2[0], data2[1]);
};
var TEMP_BUNDLE = [];
currentExtensions[98] = (data2) => {
  let dataSize = (data2[0] << 24) + (data2[1] << 16) + (data2[2] << 8) + data2[3];
  let dataPosition = position;
  position += dataSize - data2.length;
  bundledStrings = TEMP_BUNDLE;
  bundledStrings = [readOnlyJSString(), readOnlyJSString()];
  bundledStrings.position0 = 0;
  bundledStrings.position1 = 0;
  bundledStrings.postBundlePosition = position;
  position = dataPosition;
  return read();
};
currentExtensions[255] = (data2) => {
  if (data2.length == 4)
    return new Date((data2[0] * 16777216 + (data2[1] << 16) + (data2[2] << 8) + data2[3]) * 1e3);
  else if (data2.length == 8)
    return new Date(
      ((data2[0] << 22) + (data2[1] << 14) + (data2[2] << 6) + (data2[3] >> 2)) / 1e6 + ((data2[3] & 3) * 4294967296 + data2[4] * 16777216 + (data2[5] << 16) + (data2[6] << 8) + data2[7]) * 1e3
    );
  else if (data2.length == 12)
    return new Date(
      ((data2[0] << 24) + (data2[1] << 16) + (data2[2] << 8) + data2[3]) / 1e6 + ((data2[4] & 128 ? -281474976710656 : 0) + data2[6] * 1099511627776 + data2[7] * 4294967296 + data2[8] * 16777216 + (data2[9] << 16) + (data2[10] << 8) + data2[11]) * 1e3
    );
  else
    return /* @__PURE__ */ new Date("invalid");
};
function saveState(callback) {
  if (currentUnpackr && currentUnpackr._onSaveState)
    currentUnpackr._onSaveState();
  let savedSrcEnd = srcEnd;
  let savedPosition = position;
  let savedStringPosition = stringPosition;
  let savedSrcStringStart = srcStringStart;
  let savedSrcStringEnd = srcStringEnd;
  let savedSrcString = srcString;
  let savedStrings = strings;
  let savedReferenceMap = referenceMap;
  let savedBundledStrings = bundledStrings;
  let savedArrayAllocationBudget = arrayAllocationBudget;
  let savedSrc = new Uint8Array(src.slice(0, srcEnd));
  let savedStructures = currentStructures;
  let savedStructuresContents = currentStructures.slice(0, currentStructures.length);
  let savedPackr = currentUnpackr;
  let savedSequentialMode = sequentialMode;
  try {
    return callback();
  } finally {
    srcEnd = savedSrcEnd;
    position = savedPosition;
    stringPosition = savedStringPosition;
    srcStringStart = savedSrcStringStart;
    srcStringEnd = savedSrcStringEnd;
    srcString = savedSrcString;
    strings = savedStrings;
    referenceMap = savedReferenceMap;
    bundledStrings = savedBundledStrings;
    arrayAllocationBudget = savedArrayAllocationBudget;
    src = savedSrc;
    sequentialMode = savedSequentialMode;
    currentStructures = savedStructures;
    currentStructures.splice(0, currentStructures.length, ...savedStructuresContents);
    currentUnpackr = savedPackr;
    dataView = new DataView(src.buffer, src.byteOffset, src.byteLength);
  }
}
function clearSource() {
  src = null;
  referenceMap = null;
  currentStructures = null;
}
var mult10 = new Array(147);
for (let i = 0; i < 256; i++) {
  mult10[i] = +("1e" + Math.floor(45.15 - i * 0.30103));
}
var defaultUnpackr = new Unpackr({ useRecords: false });
var unpack = defaultUnpackr.unpack;
var unpackMultiple = defaultUnpackr.unpackMultiple;
var decode = defaultUnpackr.unpack;
var FLOAT32_OPTIONS = {
  NEVER: 0,
  ALWAYS: 1,
  DECIMAL_ROUND: 3,
  DECIMAL_FIT: 4
};
var f32Array = new Float32Array(1);
var u8Array = new Uint8Array(f32Array.buffer, 0, 4);
Unpackr.SUPPORTS_STRUCT_HOOKS = true;

// node_modules/msgpackr/pack.js
var textEncoder;
try {
  textEncoder = new TextEncoder();
} catch (error) {
}
var extensions;
var extensionClasses;
var hasNodeBuffer = typeof Buffer !== "undefined";
var ByteArrayAllocate = hasNodeBuffer ? function(length) {
  return Buffer.allocUnsafeSlow(length);
} : Uint8Array;
var ByteArray = hasNodeBuffer ? Buffer : Uint8Array;
var MAX_BUFFER_SIZE = hasNodeBuffer ? 4294967296 : 2144337920;
var target;
var keysTarget;
var targetView;
var position2 = 0;
var safeEnd;
var bundledStrings2 = null;
var packing = false;
var MAX_BUNDLE_SIZE = 21760;
var hasNonLatin = /[\u0080-\uFFFF]/;
var RECORD_SYMBOL = /* @__PURE__ */ Symbol("record-id");
var Packr = class extends Unpackr {
  constructor(options) {
    super(options);
    this.offset = 0;
    let typeBuffer;
    let start;
    let hasSharedUpdate;
    let structures;
    let referenceMap2;
    let encodeUtf8 = ByteArray.prototype.utf8Write ? function(string3, position3) {
      return target.utf8Write(string3, position3, target.byteLength - position3);
    } : textEncoder && textEncoder.encodeInto ? function(string3, position3) {
      return textEncoder.encodeInto(string3, target.subarray(position3)).written;
    } : false;
    let packr2 = this;
    if (!options)
      options = {};
    let isSequential = options && options.sequential;
    let hasSharedStructures = options.structures || options.saveStructures;
    let maxSharedStructures = options.maxSharedStructures;
    if (maxSharedStructures == null)
      maxSharedStructures = hasSharedStructures ? 32 : 0;
    if (maxSharedStructures > 8160)
      throw new Error("Maximum maxSharedStructure is 8160");
    if (options.structuredClone && options.moreTypes == void 0) {
      this.moreTypes = true;
    }
    let maxOwnStructures = options.maxOwnStructures;
    if (maxOwnStructures == null)
      maxOwnStructures = hasSharedStructures ? 32 : 64;
    if (!this.structures && options.useRecords != false)
      this.structures = [];
    let useTwoByteRecords = maxSharedStructures > 32 || maxOwnStructures + maxSharedStructures > 64;
    let sharedLimitId = maxSharedStructures + 64;
    let maxStructureId = maxSharedStructures + maxOwnStructures + 64;
    if (maxStructureId > 8256) {
      throw new Error("Maximum maxSharedStructure + maxOwnStructure is 8192");
    }
    let recordIdsToRemove = [];
    let transitionsCount = 0;
    let serializationsSinceTransitionRebuild = 0;
    let instancePacking = false;
    let reentrantDepth = 0;
    let pendingNestedStructures = null;
    this.pack = this.encode = function(value, encodeOptions) {
      if (packing) {
        return saveState2(value, encodeOptions);
      }
      if (!target) {
        target = new ByteArrayAllocate(8192);
        targetView = target.dataView || (target.dataView = new DataView(target.buffer, 0, 8192));
        position2 = 0;
      }
      safeEnd = target.length - 10;
      if (safeEnd - position2 < 2048) {
        target = new ByteArrayAllocate(target.length);
        targetView = target.dataView || (target.dataView = new DataView(target.buffer, 0, target.length));
        safeEnd = target.length - 10;
        position2 = 0;
      } else
        position2 = position2 + 7 & 2147483640;
      start = position2;
      if (encodeOptions & RESERVE_START_SPACE) position2 += encodeOptions & 255;
      referenceMap2 = packr2.structuredClone ? /* @__PURE__ */ new Map() : null;
      if (packr2.bundleStrings && typeof value !== "string") {
        bundledStrings2 = [];
        bundledStrings2.size = Infinity;
      } else
        bundledStrings2 = null;
      structures = packr2.structures;
      if (structures) {
        if (structures.uninitialized)
          structures = packr2._mergeStructures(packr2.getStructures());
        let sharedLength = structures.sharedLength || 0;
        if (sharedLength > maxSharedStructures) {
          throw new Error("Shared structures is larger than maximum shared structures, try increasing maxSharedStructures to " + structures.sharedLength);
        }
        if (!structures.transitions) {
          rebuildTransitions(reentrantDepth && packr2.saveStructures ? Math.min(sharedLength, packr2.lastNamedStructuresLength || 0) : sharedLength);
          if (!reentrantDepth)
            packr2.lastNamedStructuresLength = sharedLength;
        }
        if (!isSequential || !(structures.nextId >= sharedLength + 64)) {
          structures.nextId = sharedLength + 64;
        }
      }
      if (hasSharedUpdate)
        hasSharedUpdate = false;
      if (!reentrantDepth && pendingNestedStructures)
        pendingNestedStructures = null;
      let encodingError;
      packing = true;
      instancePacking = true;
      try {
        if (packr2._writeStruct && !(reentrantDepth && packr2.saveStructures) && value && typeof value === "object") {
          if (value.constructor === Object) writeStruct(value);
          else if (value.constructor !== Map && !Array.isArray(value) && !extensionClasses.some((extClass) => value instanceof extClass)) {
            writeStruct(packr2.useToJSON !== false && value.toJSON ? value.toJSON() : value);
          } else pack2(value);
        } else
          pack2(value);
        let lastBundle = bundledStrings2;
        if (bundledStrings2)
          writeBundles(start, pack2, 0);
        if (referenceMap2 && referenceMap2.idsToInsert) {
          let idsToInsert = referenceMap2.idsToInsert.sort((a, b) => a.offset > b.offset ? 1 : -1);
          let i = idsToInsert.length;
          let incrementPosition = -1;
          while (lastBundle && i > 0) {
            let insertionPoint = idsToInsert[--i].offset + start;
            if (insertionPoint < lastBundle.stringsPosition + start && incrementPosition === -1)
              incrementPosition = 0;
            if (insertionPoint > lastBundle.position + start) {
              if (incrementPosition >= 0)
                incrementPosition += 6;
            } else {
              if (incrementPosition >= 0) {
                targetView.setUint32(
                  lastBundle.position + start,
                  targetView.getUint32(lastBundle.position + start) + incrementPosition
                );
                incrementPosition = -1;
              }
              lastBundle = lastBundle.previous;
              i++;
            }
          }
          if (incrementPosition >= 0 && lastBundle) {
            targetView.setUint32(
              lastBundle.position + start,
              targetView.getUint32(lastBundle.position + start) + incrementPosition
            );
          }
          position2 += idsToInsert.length * 6;
          if (position2 > safeEnd)
            makeRoom(position2);
          packr2.offset = position2;
          let serialized = insertIds(target.subarray(start, position2), idsToInsert);
          referenceMap2 = null;
          return serialized;
        }
        packr2.offset = position2;
        if (encodeOptions & REUSE_BUFFER_MODE) {
          target.start = start;
          target.end = position2;
          return target;
        }
        return target.subarray(start, position2);
      } catch (error) {
        encodingError = error;
        throw error;
      } finally {
        instancePacking = false;
        if (structures) {
          resetStructures();
          if (pendingNestedStructures && !reentrantDepth) {
            let toPromote = pendingNestedStructures;
            pendingNestedStructures = null;
            if (!encodingError && packr2.saveStructures) {
              let sharedLength = structures.sharedLength || 0;
              if (!structures.transitions)
                rebuildTransitions(sharedLength);
              for (let i = 0, l = toPromote.length; i < l && sharedLength < maxSharedStructures; i++) {
                let keys = toPromote[i];
                let nextTransition, transition2 = structures.transitions;
                for (let j = 0, kl = keys.length; j < kl; j++) {
                  let key = keys[j];
                  nextTransition = transition2[key];
                  if (!nextTransition)
                    nextTransition = transition2[key] = /* @__PURE__ */ Object.create(null);
                  transition2 = nextTransition;
                }
                if (!transition2[RECORD_SYMBOL]) {
                  let recordId = sharedLength + 64;
                  keys.highByte = recordId >= 96 && useTwoByteRecords ? recordId - 96 >> 5 : -1;
                  keys.isShared = true;
                  transition2[RECORD_SYMBOL] = recordId;
                  transition2.__keys__ = keys;
                  structures[sharedLength++] = keys;
                  structures.sharedLength = sharedLength;
                  hasSharedUpdate = true;
                }
              }
              if (!isSequential || !(structures.nextId >= sharedLength + 64))
                structures.nextId = sharedLength + 64;
            }
          }
          if (hasSharedUpdate && !reentrantDepth && packr2.saveStructures) {
            let sharedLength = structures.sharedLength || 0;
            let returnBuffer = target.subarray(start, position2);
            if (!encodingError) {
              let saveSucceeded = false;
              try {
                let newSharedData = (packr2._prepareStructures || prepareStructures)(structures, packr2);
                if (packr2.saveStructures(newSharedData, newSharedData.isCompatible) === false) {
                  structures.uninitialized = true;
                  saveSucceeded = true;
                  packing = false;
                  return packr2.pack(value, encodeOptions);
                }
                saveSucceeded = true;
              } finally {
                packing = false;
                if (!saveSucceeded) {
                  structures = packr2.structures;
                  if (packr2.getStructures)
                    structures.uninitialized = true;
                  structures.length = structures.sharedLength = packr2.lastNamedStructuresLength || 0;
                  structures.transitions = null;
                }
              }
              packr2.lastNamedStructuresLength = sharedLength;
              if (target.length > 1073741824) target = null;
              return returnBuffer;
            }
            if (packr2.getStructures)
              structures.uninitialized = true;
            structures.length = structures.sharedLength = packr2.lastNamedStructuresLength || 0;
            structures.transitions = null;
          }
        }
        packing = false;
        if (target.length > 1073741824) target = null;
        if (encodeOptions & RESET_BUFFER_MODE)
          position2 = start;
      }
    };
    const rebuildTransitions = (sharedLength) => {
      structures.transitions = /* @__PURE__ */ Object.create(null);
      for (let i = 0; i < sharedLength; i++) {
        let keys = structures[i];
        if (!keys)
          continue;
        let nextTransition, transition2 = structures.transitions;
        for (let j = 0, l = keys.length; j < l; j++) {
          let key = keys[j];
          nextTransition = transition2[key];
          if (!nextTransition) {
            nextTransition = transition2[key] = /* @__PURE__ */ Object.create(null);
          }
          transition2 = nextTransition;
        }
        transition2[RECORD_SYMBOL] = i + 64;
      }
    };
    const saveState2 = (value, encodeOptions) => {
      let savedTarget = target;
      let savedTargetView = targetView;
      let savedPosition = position2;
      let savedSafeEnd = safeEnd;
      let savedBundledStrings = bundledStrings2;
      let savedStart = start;
      let savedReferenceMap = referenceMap2;
      let savedHasSharedUpdate = hasSharedUpdate;
      let wasInstancePacking = instancePacking;
      let savedStructures, savedTransitions, savedNextId, savedNextOwnId, savedRecordIdsToRemove, savedRecordIds, savedOwnStructures, savedSharedLength, savedLastNamedLength, savedUnsavedShared, savedTransitionsCount, savedPendingNestedLen;
      let nestedSucceeded = false;
      if (wasInstancePacking) {
        savedPendingNestedLen = pendingNestedStructures ? pendingNestedStructures.length : 0;
        reentrantDepth++;
      }
      try {
        if (wasInstancePacking && structures) {
          savedStructures = structures;
          savedTransitions = structures.transitions;
          savedNextId = structures.nextId;
          savedNextOwnId = structures.nextOwnId;
          savedLastNamedLength = packr2.lastNamedStructuresLength;
          savedSharedLength = structures.sharedLength || 0;
          savedOwnStructures = structures.slice(savedSharedLength);
          savedRecordIdsToRemove = recordIdsToRemove;
          savedRecordIds = [];
          for (let i = 0, l = recordIdsToRemove.length; i < l; i++) {
            let transition2 = recordIdsToRemove[i];
            let recordId = transition2[RECORD_SYMBOL];
            savedRecordIds[i] = recordId;
            transition2[RECORD_SYMBOL] = 0;
            if (recordId >= savedSharedLength + 64 && transition2.__keys__)
              savedOwnStructures[recordId - savedSharedLength - 64] = transition2.__keys__;
          }
          recordIdsToRemove = [];
          if (savedHasSharedUpdate && packr2.saveStructures && savedTransitions) {
            savedUnsavedShared = [];
            for (let i = savedLastNamedLength || 0; i < savedSharedLength; i++) {
              let keys = structures[i];
              if (!keys)
                continue;
              let transition2 = savedTransitions;
              for (let j = 0, l = keys.length; j < l && transition2; j++) {
                transition2 = transition2[keys[j]];
              }
              if (transition2 && transition2[RECORD_SYMBOL] === i + 64) {
                savedUnsavedShared.push(transition2, i + 64, transition2.__keys__);
                transition2[RECORD_SYMBOL] = 0;
                transition2.__keys__ = null;
              }
            }
          }
          structures.length = savedSharedLength;
          structures.nextId = savedSharedLength + 64;
          structures.nextOwnId = void 0;
          savedTransitionsCount = transitionsCount;
          transitionsCount = 0;
        }
        target = null;
        packing = false;
        instancePacking = false;
        let result = packr2.pack(value, encodeOptions);
        nestedSucceeded = true;
        return result;
      } finally {
        if (!nestedSucceeded && wasInstancePacking && pendingNestedStructures)
          pendingNestedStructures.length = savedPendingNestedLen;
        packing = true;
        instancePacking = wasInstancePacking;
        target = savedTarget;
        targetView = savedTargetView;
        position2 = savedPosition;
        safeEnd = savedSafeEnd;
        bundledStrings2 = savedBundledStrings;
        start = savedStart;
        referenceMap2 = savedReferenceMap;
        if (wasInstancePacking) {
          reentrantDepth--;
          hasSharedUpdate = savedHasSharedUpdate || hasSharedUpdate;
          structures = packr2.structures;
          if (structures && savedOwnStructures) {
            if (recordIdsToRemove !== savedRecordIdsToRemove) {
              for (let i = 0, l = recordIdsToRemove.length; i < l; i++) {
                recordIdsToRemove[i][RECORD_SYMBOL] = 0;
              }
            }
            let currentSharedLength = structures.sharedLength || 0;
            if (structures !== savedStructures) {
              if (savedHasSharedUpdate || savedOwnStructures.length > 0) {
                for (let i = 0; i < savedSharedLength; i++) {
                  if (savedStructures[i] !== void 0)
                    structures[i] = savedStructures[i];
                }
                currentSharedLength = structures.sharedLength = structures.length = savedSharedLength;
                packr2.lastNamedStructuresLength = savedLastNamedLength;
              } else if (!reentrantDepth && !hasSharedUpdate) {
                packr2.lastNamedStructuresLength = currentSharedLength;
              }
            }
            structures.length = Math.max(currentSharedLength, savedSharedLength + savedOwnStructures.length);
            for (let i = Math.max(0, currentSharedLength - savedSharedLength), l = savedOwnStructures.length; i < l; i++) {
              if (savedOwnStructures[i] !== void 0)
                structures[savedSharedLength + i] = savedOwnStructures[i];
            }
            if (structures.transitions !== savedTransitions || structures !== savedStructures) {
              if (structures === savedStructures && !structures.transitions && currentSharedLength === savedSharedLength) {
                structures.transitions = savedTransitions;
              } else {
                rebuildTransitions(reentrantDepth && packr2.saveStructures ? Math.min(currentSharedLength, packr2.lastNamedStructuresLength || 0) : currentSharedLength);
                savedUnsavedShared = null;
                savedRecordIdsToRemove = [];
                savedRecordIds = [];
                for (let i = Math.max(0, currentSharedLength - savedSharedLength), l = savedOwnStructures.length; i < l; i++) {
                  let keys = savedOwnStructures[i];
                  if (!keys)
                    continue;
                  let nextTransition, transition2 = structures.transitions;
                  for (let j = 0, kl = keys.length; j < kl; j++) {
                    let key = keys[j];
                    nextTransition = transition2[key];
                    if (!nextTransition)
                      nextTransition = transition2[key] = /* @__PURE__ */ Object.create(null);
                    transition2 = nextTransition;
                  }
                  if (!transition2[RECORD_SYMBOL]) {
                    savedRecordIdsToRemove.push(transition2);
                    savedRecordIds.push(savedSharedLength + i + 64);
                  }
                }
              }
            }
            if (savedUnsavedShared) {
              for (let i = 0, l = savedUnsavedShared.length; i < l; i += 3) {
                savedUnsavedShared[i][RECORD_SYMBOL] = savedUnsavedShared[i + 1];
                savedUnsavedShared[i].__keys__ = savedUnsavedShared[i + 2];
              }
            }
            recordIdsToRemove = savedRecordIdsToRemove;
            for (let i = 0, l = savedRecordIds.length; i < l; i++) {
              if (!recordIdsToRemove[i][RECORD_SYMBOL])
                recordIdsToRemove[i][RECORD_SYMBOL] = savedRecordIds[i];
            }
            structures.nextId = !(savedNextId >= currentSharedLength + 64) ? currentSharedLength + 64 : savedNextId;
            structures.nextOwnId = savedNextOwnId;
            if (savedTransitionsCount !== void 0)
              transitionsCount += savedTransitionsCount;
          }
        } else {
          hasSharedUpdate = savedHasSharedUpdate;
        }
      }
    };
    const resetStructures = () => {
      if (serializationsSinceTransitionRebuild < 10)
        serializationsSinceTransitionRebuild++;
      let sharedLength = structures.sharedLength || 0;
      if (structures.length > sharedLength && !isSequential)
        structures.length = sharedLength;
      if (transitionsCount > 1e4 && !reentrantDepth) {
        structures.transitions = null;
        serializationsSinceTransitionRebuild = 0;
        transitionsCount = 0;
        if (recordIdsToRemove.length > 0)
          recordIdsToRemove = [];
      } else if (recordIdsToRemove.length > 0 && !isSequential) {
        for (let i = 0, l = recordIdsToRemove.length; i < l; i++) {
          recordIdsToRemove[i][RECORD_SYMBOL] = 0;
        }
        recordIdsToRemove = [];
      }
    };
    const packArray = (value) => {
      var length = value.length;
      if (length < 16) {
        target[position2++] = 144 | length;
      } else if (length < 65536) {
        target[position2++] = 220;
        target[position2++] = length >> 8;
        target[position2++] = length & 255;
      } else {
        target[position2++] = 221;
        targetView.setUint32(position2, length);
        position2 += 4;
      }
      for (let i = 0; i < length; i++) {
        pack2(value[i]);
      }
    };
    const pack2 = (value) => {
      if (position2 > safeEnd)
        target = makeRoom(position2);
      var type = typeof value;
      var length;
      if (type === "string") {
        let strLength = value.length;
        if (bundledStrings2 && strLength >= 4 && strLength < 4096) {
          if ((bundledStrings2.size += strLength) > MAX_BUNDLE_SIZE) {
            let extStart;
            let maxBytes2 = (bundledStrings2[0] ? bundledStrings2[0].length * 3 + bundledStrings2[1].length : 0) + 10;
            if (position2 + maxBytes2 > safeEnd)
              target = makeRoom(position2 + maxBytes2);
            let lastBundle;
            if (bundledStrings2.position) {
              lastBundle = bundledStrings2;
              target[position2] = 200;
              position2 += 3;
              target[position2++] = 98;
              extStart = position2 - start;
              position2 += 4;
              writeBundles(start, pack2, 0);
              targetView.setUint16(extStart + start - 3, position2 - start - extStart);
            } else {
              target[position2++] = 214;
              target[position2++] = 98;
              extStart = position2 - start;
              position2 += 4;
            }
            bundledStrings2 = ["", ""];
            bundledStrings2.previous = lastBundle;
            bundledStrings2.size = 0;
            bundledStrings2.position = extStart;
          }
          let twoByte = hasNonLatin.test(value);
          bundledStrings2[twoByte ? 0 : 1] += value;
          target[position2++] = 193;
          pack2(twoByte ? -strLength : strLength);
          return;
        }
        let headerSize;
        if (strLength < 32) {
          headerSize = 1;
        } else if (strLength < 256) {
          headerSize = 2;
        } else if (strLength < 65536) {
          headerSize = 3;
        } else {
          headerSize = 5;
        }
        let maxBytes = strLength * 3;
        if (position2 + maxBytes > safeEnd)
          target = makeRoom(position2 + maxBytes);
        if (strLength < 64 || !encodeUtf8) {
          let i, c1, c2, strPosition = position2 + headerSize;
          for (i = 0; i < strLength; i++) {
            c1 = value.charCodeAt(i);
            if (c1 < 128) {
              target[strPosition++] = c1;
            } else if (c1 < 2048) {
              target[strPosition++] = c1 >> 6 | 192;
              target[strPosition++] = c1 & 63 | 128;
            } else if ((c1 & 64512) === 55296 && ((c2 = value.charCodeAt(i + 1)) & 64512) === 56320) {
              c1 = 65536 + ((c1 & 1023) << 10) + (c2 & 1023);
              i++;
              target[strPosition++] = c1 >> 18 | 240;
              target[strPosition++] = c1 >> 12 & 63 | 128;
              target[strPosition++] = c1 >> 6 & 63 | 128;
              target[strPosition++] = c1 & 63 | 128;
            } else {
              target[strPosition++] = c1 >> 12 | 224;
              target[strPosition++] = c1 >> 6 & 63 | 128;
              target[strPosition++] = c1 & 63 | 128;
            }
          }
          length = strPosition - position2 - headerSize;
        } else {
          length = encodeUtf8(value, position2 + headerSize);
        }
        if (length < 32) {
          target[position2++] = 160 | length;
        } else if (length < 256) {
          if (headerSize < 2) {
            target.copyWithin(position2 + 2, position2 + 1, position2 + 1 + length);
          }
          target[position2++] = 217;
          target[position2++] = length;
        } else if (length < 65536) {
          if (headerSize < 3) {
            target.copyWithin(position2 + 3, position2 + 2, position2 + 2 + length);
          }
          target[position2++] = 218;
          target[position2++] = length >> 8;
          target[position2++] = length & 255;
        } else {
          if (headerSize < 5) {
            target.copyWithin(position2 + 5, position2 + 3, position2 + 3 + length);
          }
          target[position2++] = 219;
          targetView.setUint32(position2, length);
          position2 += 4;
        }
        position2 += length;
      } else if (type === "number") {
        if (value >>> 0 === value) {
          if (value < 32 || value < 128 && this.useRecords === false || value < 64 && !this._writeStruct) {
            target[position2++] = value;
          } else if (value < 256) {
            target[position2++] = 204;
            target[position2++] = value;
          } else if (value < 65536) {
            target[position2++] = 205;
            target[position2++] = value >> 8;
            target[position2++] = value & 255;
          } else {
            target[position2++] = 206;
            targetView.setUint32(position2, value);
            position2 += 4;
          }
        } else if (value >> 0 === value) {
          if (value >= -32) {
            target[position2++] = 256 + value;
          } else if (value >= -128) {
            target[position2++] = 208;
            target[position2++] = value + 256;
          } else if (value >= -32768) {
            target[position2++] = 209;
            targetView.setInt16(position2, value);
            position2 += 2;
          } else {
            target[position2++] = 210;
            targetView.setInt32(position2, value);
            position2 += 4;
          }
        } else {
          let useFloat32;
          if ((useFloat32 = this.useFloat32) > 0 && value < 4294967296 && value >= -2147483648) {
            target[position2++] = 202;
            targetView.setFloat32(position2, value);
            let xShifted;
            if (useFloat32 < 4 || // this checks for rounding of numbers that were encoded in 32-bit float to nearest significant decimal digit that could be preserved
            (xShifted = value * mult10[(target[position2] & 127) << 1 | target[position2 + 1] >> 7]) >> 0 === xShifted) {
              position2 += 4;
              return;
            } else
              position2--;
          }
          target[position2++] = 203;
          targetView.setFloat64(position2, value);
          position2 += 8;
        }
      } else if (type === "object" || type === "function") {
        if (!value)
          target[position2++] = 192;
        else {
          if (referenceMap2) {
            let referee = referenceMap2.get(value);
            if (referee) {
              if (!referee.id) {
                let idsToInsert = referenceMap2.idsToInsert || (referenceMap2.idsToInsert = []);
                referee.id = idsToInsert.push(referee);
              }
              target[position2++] = 214;
              target[position2++] = 112;
              targetView.setUint32(position2, referee.id);
              position2 += 4;
              return;
            } else
              referenceMap2.set(value, { offset: position2 - start });
          }
          let constructor = value.constructor;
          if (constructor === Object) {
            writeObject(value);
          } else if (constructor === Array) {
            packArray(value);
          } else if (constructor === Map) {
            if (this.mapAsEmptyObject) target[position2++] = 128;
            else {
              length = value.size;
              if (length < 16) {
                target[position2++] = 128 | length;
              } else if (length < 65536) {
                target[position2++] = 222;
                target[position2++] = length >> 8;
                target[position2++] = length & 255;
              } else {
                target[position2++] = 223;
                targetView.setUint32(position2, length);
                position2 += 4;
              }
              for (let [key, entryValue] of value) {
                pack2(key);
                pack2(entryValue);
              }
            }
          } else {
            for (let i = 0, l = extensions.length; i < l; i++) {
              let extensionClass = extensionClasses[i];
              if (value instanceof extensionClass) {
                if (value.constructor !== extensionClass && i >= l - builtInExtensionCount && packr2.useToJSON !== false && value.toJSON !== void 0 && value.toJSON !== dateToJSON && value.toJSON !== bufferToJSON) {
                  break;
                }
                let extension = extensions[i];
                if (extension.write) {
                  if (extension.type) {
                    target[position2++] = 212;
                    target[position2++] = extension.type;
                    target[position2++] = 0;
                  }
                  let writeResult = extension.write.call(this, value);
                  if (writeResult === value) {
                    if (Array.isArray(value)) {
                      packArray(value);
                    } else {
                      writeObject(value);
                    }
                  } else {
                    pack2(writeResult);
                  }
                  return;
                }
                let currentTarget = target;
                let currentTargetView = targetView;
                let currentPosition = position2;
                let currentBundledStrings = bundledStrings2;
                target = null;
                let result;
                try {
                  result = extension.pack.call(this, value, (size) => {
                    target = currentTarget;
                    currentTarget = null;
                    position2 += size;
                    if (position2 > safeEnd)
                      makeRoom(position2);
                    return {
                      target,
                      targetView,
                      position: position2 - size
                    };
                  }, pack2);
                } finally {
                  if (currentTarget) {
                    target = currentTarget;
                    targetView = currentTargetView;
                    position2 = currentPosition;
                    bundledStrings2 = currentBundledStrings;
                    safeEnd = target.length - 10;
                  }
                }
                if (result) {
                  if (result.length + position2 > safeEnd)
                    makeRoom(result.length + position2);
                  position2 = writeExtensionData(result, target, position2, extension.type);
                }
                return;
              }
            }
            if (Array.isArray(value)) {
              packArray(value);
            } else {
              if (packr2.useToJSON !== false && value.toJSON) {
                const json = value.toJSON();
                if (json !== value)
                  return pack2(json);
              }
              if (type === "function")
                return pack2(this.writeFunction && this.writeFunction(value));
              writeObject(value);
            }
          }
        }
      } else if (type === "boolean") {
        target[position2++] = value ? 195 : 194;
      } else if (type === "bigint") {
        if (value < 9223372036854776e3 && value >= -9223372036854776e3) {
          target[position2++] = 211;
          targetView.setBigInt64(position2, value);
        } else if (value < 18446744073709552e3 && value > 0) {
          target[position2++] = 207;
          targetView.setBigUint64(position2, value);
        } else {
          if (this.largeBigIntToFloat) {
            target[position2++] = 203;
            targetView.setFloat64(position2, Number(value));
          } else if (this.largeBigIntToString) {
            return pack2(value.toString());
          } else if (this.useBigIntExtension || this.moreTypes) {
            let empty = value < 0 ? BigInt(-1) : BigInt(0);
            let array2;
            if (value >> BigInt(65536) === empty) {
              let mask = BigInt(18446744073709552e3) - BigInt(1);
              let chunks = [];
              while (true) {
                chunks.push(value & mask);
                if (value >> BigInt(63) === empty) break;
                value >>= BigInt(64);
              }
              array2 = new Uint8Array(new BigUint64Array(chunks).buffer);
              array2.reverse();
            } else {
              let invert = value < 0;
              let string3 = (invert ? ~value : value).toString(16);
              if (string3.length % 2) {
                string3 = "0" + string3;
              } else if (parseInt(string3.charAt(0), 16) >= 8) {
                string3 = "00" + string3;
              }
              if (hasNodeBuffer) {
                array2 = Buffer.from(string3, "hex");
              } else {
                array2 = new Uint8Array(string3.length / 2);
                for (let i = 0; i < array2.length; i++) {
                  array2[i] = parseInt(string3.slice(i * 2, i * 2 + 2), 16);
                }
              }
              if (invert) {
                for (let i = 0; i < array2.length; i++) array2[i] = ~array2[i];
              }
            }
            if (array2.length + position2 > safeEnd)
              makeRoom(array2.length + position2);
            position2 = writeExtensionData(array2, target, position2, 66);
            return;
          } else {
            throw new RangeError(value + " was too large to fit in MessagePack 64-bit integer format, use useBigIntExtension, or set largeBigIntToFloat to convert to float-64, or set largeBigIntToString to convert to string");
          }
        }
        position2 += 8;
      } else if (type === "undefined") {
        if (this.encodeUndefinedAsNil)
          target[position2++] = 192;
        else {
          target[position2++] = 212;
          target[position2++] = 0;
          target[position2++] = 0;
        }
      } else {
        throw new Error("Unknown type: " + type);
      }
    };
    const writePlainObject = this.variableMapSize || this.coercibleKeyAsNumber || this.skipValues ? (object2) => {
      let keys;
      if (this.skipValues) {
        keys = [];
        for (let key2 in object2) {
          if ((typeof object2.hasOwnProperty !== "function" || object2.hasOwnProperty(key2)) && !this.skipValues.includes(object2[key2]))
            keys.push(key2);
        }
      } else {
        keys = Object.keys(object2);
      }
      let length = keys.length;
      if (length < 16) {
        target[position2++] = 128 | length;
      } else if (length < 65536) {
        target[position2++] = 222;
        target[position2++] = length >> 8;
        target[position2++] = length & 255;
      } else {
        target[position2++] = 223;
        targetView.setUint32(position2, length);
        position2 += 4;
      }
      let key;
      if (this.coercibleKeyAsNumber) {
        for (let i = 0; i < length; i++) {
          key = keys[i];
          let num = Number(key);
          pack2(isNaN(num) ? key : num);
          pack2(object2[key]);
        }
      } else {
        for (let i = 0; i < length; i++) {
          pack2(key = keys[i]);
          pack2(object2[key]);
        }
      }
    } : (object2) => {
      target[position2++] = 222;
      let objectOffset = position2 - start;
      position2 += 2;
      let size = 0;
      for (let key in object2) {
        if (typeof object2.hasOwnProperty !== "function" || object2.hasOwnProperty(key)) {
          pack2(key);
          pack2(object2[key]);
          size++;
        }
      }
      if (size > 65535) {
        throw new Error('Object is too large to serialize with fast 16-bit map size, use the "variableMapSize" option to serialize this object');
      }
      target[objectOffset++ + start] = size >> 8;
      target[objectOffset + start] = size & 255;
    };
    const writeRecord = this.useRecords === false ? writePlainObject : options.progressiveRecords && !useTwoByteRecords && maxOwnStructures > 0 ? (
      // this is about 2% faster for highly stable structures, since it only requires one for-in loop (but much more expensive when new structure needs to be written)
      (object2) => {
        let nextTransition, transition2 = structures.transitions || (structures.transitions = /* @__PURE__ */ Object.create(null));
        let objectOffset = position2++ - start;
        let wroteKeys;
        for (let key in object2) {
          if (typeof object2.hasOwnProperty !== "function" || object2.hasOwnProperty(key)) {
            nextTransition = transition2[key];
            if (nextTransition)
              transition2 = nextTransition;
            else {
              let keys = Object.keys(object2);
              let lastTransition = transition2;
              transition2 = structures.transitions;
              let newTransitions = 0;
              for (let i = 0, l = keys.length; i < l; i++) {
                let key2 = keys[i];
                nextTransition = transition2[key2];
                if (!nextTransition) {
                  nextTransition = transition2[key2] = /* @__PURE__ */ Object.create(null);
                  newTransitions++;
                }
                transition2 = nextTransition;
              }
              if (objectOffset + start + 1 == position2) {
                position2--;
                newRecord(transition2, keys, newTransitions);
              } else
                insertNewRecord(transition2, keys, objectOffset, newTransitions);
              wroteKeys = true;
              transition2 = lastTransition[key];
            }
            pack2(object2[key]);
          }
        }
        if (!wroteKeys) {
          let recordId = transition2[RECORD_SYMBOL];
          if (recordId)
            target[objectOffset + start] = recordId;
          else
            insertNewRecord(transition2, Object.keys(object2), objectOffset, 0);
        }
      }
    ) : (object2) => {
      let nextTransition, transition2 = structures.transitions || (structures.transitions = /* @__PURE__ */ Object.create(null));
      let newTransitions = 0;
      for (let key in object2) if (typeof object2.hasOwnProperty !== "function" || object2.hasOwnProperty(key)) {
        nextTransition = transition2[key];
        if (!nextTransition) {
          nextTransition = transition2[key] = /* @__PURE__ */ Object.create(null);
          newTransitions++;
        }
        transition2 = nextTransition;
      }
      let recordId = transition2[RECORD_SYMBOL];
      if (recordId) {
        if (recordId >= 96 && useTwoByteRecords) {
          target[position2++] = ((recordId -= 96) & 31) + 96;
          target[position2++] = recordId >> 5;
        } else
          target[position2++] = recordId;
      } else if (newRecord(transition2, transition2.__keys__ || Object.keys(object2), newTransitions) === false) {
        return writePlainObject(object2);
      }
      for (let key in object2)
        if (typeof object2.hasOwnProperty !== "function" || object2.hasOwnProperty(key)) {
          pack2(object2[key]);
        }
    };
    const checkUseRecords = typeof this.useRecords == "function" && this.useRecords;
    const writeObject = checkUseRecords ? (object2) => {
      checkUseRecords(object2) ? writeRecord(object2) : writePlainObject(object2);
    } : writeRecord;
    const writeStruct = (object2) => {
      let newPosition = packr2._writeStruct(object2, target, start, position2, structures, makeRoom, (value, newPosition2, notifySharedUpdate) => {
        if (notifySharedUpdate)
          return hasSharedUpdate = true;
        position2 = newPosition2;
        let startTarget = target;
        pack2(value);
        resetStructures();
        if (startTarget !== target) {
          return { position: position2, targetView, target };
        }
        return position2;
      });
      if (newPosition === 0)
        return writeObject(object2);
      position2 = newPosition;
    };
    const makeRoom = (end2) => {
      let newSize;
      if (end2 > 16777216) {
        if (end2 - start > MAX_BUFFER_SIZE)
          throw new Error("Packed buffer would be larger than maximum buffer size");
        newSize = Math.min(
          MAX_BUFFER_SIZE,
          Math.round(Math.max((end2 - start) * (end2 > 67108864 ? 1.25 : 2), 4194304) / 4096) * 4096
        );
      } else
        newSize = (Math.max(end2 - start << 2, target.length - 1) >> 12) + 1 << 12;
      let newBuffer = new ByteArrayAllocate(newSize);
      targetView = newBuffer.dataView || (newBuffer.dataView = new DataView(newBuffer.buffer, 0, newSize));
      end2 = Math.min(end2, target.length);
      if (target.copy)
        target.copy(newBuffer, 0, start, end2);
      else
        newBuffer.set(target.slice(start, end2));
      position2 -= start;
      start = 0;
      safeEnd = newBuffer.length - 10;
      return target = newBuffer;
    };
    const newRecord = (transition2, keys, newTransitions) => {
      let recordId = structures.nextId;
      if (!recordId)
        recordId = 64;
      if (recordId < sharedLimitId && (reentrantDepth && this.saveStructures || this.shouldShareStructure && !this.shouldShareStructure(keys))) {
        if (reentrantDepth && this.saveStructures && !(this.shouldShareStructure && !this.shouldShareStructure(keys)))
          (pendingNestedStructures || (pendingNestedStructures = [])).push(keys);
        if (!maxOwnStructures)
          return false;
        recordId = structures.nextOwnId;
        if (!(recordId < maxStructureId))
          recordId = sharedLimitId;
        structures.nextOwnId = recordId + 1;
      } else {
        if (recordId >= maxStructureId) {
          if (!maxOwnStructures)
            return false;
          recordId = sharedLimitId;
        }
        structures.nextId = recordId + 1;
      }
      let highByte = keys.highByte = recordId >= 96 && useTwoByteRecords ? recordId - 96 >> 5 : -1;
      transition2[RECORD_SYMBOL] = recordId;
      transition2.__keys__ = keys;
      structures[recordId - 64] = keys;
      if (recordId < sharedLimitId) {
        keys.isShared = true;
        structures.sharedLength = recordId - 63;
        hasSharedUpdate = true;
        if (highByte >= 0) {
          target[position2++] = (recordId & 31) + 96;
          target[position2++] = highByte;
        } else {
          target[position2++] = recordId;
        }
      } else {
        if (highByte >= 0) {
          target[position2++] = 213;
          target[position2++] = 114;
          target[position2++] = (recordId & 31) + 96;
          target[position2++] = highByte;
        } else {
          target[position2++] = 212;
          target[position2++] = 114;
          target[position2++] = recordId;
        }
        if (newTransitions)
          transitionsCount += serializationsSinceTransitionRebuild * newTransitions;
        if (recordIdsToRemove.length >= maxOwnStructures)
          recordIdsToRemove.shift()[RECORD_SYMBOL] = 0;
        recordIdsToRemove.push(transition2);
        pack2(keys);
      }
    };
    const insertNewRecord = (transition2, keys, insertionOffset, newTransitions) => {
      let mainTarget = target;
      let mainPosition = position2;
      let mainSafeEnd = safeEnd;
      let mainStart = start;
      target = keysTarget;
      position2 = 0;
      start = 0;
      if (!target)
        keysTarget = target = new ByteArrayAllocate(8192);
      safeEnd = target.length - 10;
      newRecord(transition2, keys, newTransitions);
      keysTarget = target;
      let keysPosition = position2;
      target = mainTarget;
      position2 = mainPosition;
      safeEnd = mainSafeEnd;
      start = mainStart;
      if (keysPosition > 1) {
        let newEnd = position2 + keysPosition - 1;
        if (newEnd > safeEnd)
          makeRoom(newEnd);
        let insertionPosition = insertionOffset + start;
        target.copyWithin(insertionPosition + keysPosition, insertionPosition + 1, position2);
        target.set(keysTarget.slice(0, keysPosition), insertionPosition);
        position2 = newEnd;
      } else {
        target[insertionOffset + start] = keysTarget[0];
      }
    };
  }
  useBuffer(buffer) {
    target = buffer;
    target.dataView || (target.dataView = new DataView(target.buffer, target.byteOffset, target.byteLength));
    targetView = target.dataView;
    position2 = 0;
  }
  set position(value) {
    position2 = value;
  }
  get position() {
    return position2;
  }
  clearSharedData() {
    if (this.structures) {
      this.structures = [];
      this.lastNamedStructuresLength = 0;
    }
    if (this.typedStructs)
      this.typedStructs = [];
  }
};
var dateToJSON = Date.prototype.toJSON;
var bufferToJSON = typeof Buffer !== "undefined" ? Buffer.prototype.toJSON : dateToJSON;
extensionClasses = [Date, Set, Error, RegExp, ArrayBuffer, Object.getPrototypeOf(Uint8Array.prototype).constructor, DataView, C1Type];
extensions = [{
  pack(date2, allocateForWrite, pack2) {
    let seconds = date2.getTime() / 1e3;
    if ((this.useTimestamp32 || date2.getMilliseconds() === 0) && seconds >= 0 && seconds < 4294967296) {
      let { target: target2, targetView: targetView2, position: position3 } = allocateForWrite(6);
      target2[position3++] = 214;
      target2[position3++] = 255;
      targetView2.setUint32(position3, seconds);
    } else if (seconds > 0 && seconds < 4294967296) {
      let { target: target2, targetView: targetView2, position: position3 } = allocateForWrite(10);
      target2[position3++] = 215;
      target2[position3++] = 255;
      targetView2.setUint32(position3, date2.getMilliseconds() * 4e6 + (seconds / 1e3 / 4294967296 >> 0));
      targetView2.setUint32(position3 + 4, seconds);
    } else if (isNaN(seconds)) {
      if (this.onInvalidDate) {
        allocateForWrite(0);
        return pack2(this.onInvalidDate());
      }
      let { target: target2, targetView: targetView2, position: position3 } = allocateForWrite(3);
      target2[position3++] = 212;
      target2[position3++] = 255;
      target2[position3++] = 255;
    } else {
      let { target: target2, targetView: targetView2, position: position3 } = allocateForWrite(15);
      target2[position3++] = 199;
      target2[position3++] = 12;
      target2[position3++] = 255;
      targetView2.setUint32(position3, date2.getMilliseconds() * 1e6);
      targetView2.setBigInt64(position3 + 4, BigInt(Math.floor(seconds)));
    }
  }
}, {
  pack(set, allocateForWrite, pack2) {
    if (this.setAsEmptyObject) {
      allocateForWrite(0);
      return pack2({});
    }
    let array2 = Array.from(set);
    let { target: target2, position: position3 } = allocateForWrite(this.moreTypes ? 3 : 0);
    if (this.moreTypes) {
      target2[position3++] = 212;
      target2[position3++] = 115;
      target2[position3++] = 0;
    }
    pack2(array2);
  }
}, {
  pack(error, allocateForWrite, pack2) {
    let { target: target2, position: position3 } = allocateForWrite(this.moreTypes ? 3 : 0);
    if (this.moreTypes) {
      target2[position3++] = 212;
      target2[position3++] = 101;
      target2[position3++] = 0;
    }
    pack2([error.name, error.message, error.cause]);
  }
}, {
  pack(regex, allocateForWrite, pack2) {
    let { target: target2, position: position3 } = allocateForWrite(this.moreTypes ? 3 : 0);
    if (this.moreTypes) {
      target2[position3++] = 212;
      target2[position3++] = 120;
      target2[position3++] = 0;
    }
    pack2([regex.source, regex.flags]);
  }
}, {
  pack(arrayBuffer, allocateForWrite) {
    if (this.moreTypes)
      writeExtBuffer(arrayBuffer, 16, allocateForWrite);
    else
      writeBuffer(hasNodeBuffer ? Buffer.from(arrayBuffer) : new Uint8Array(arrayBuffer), allocateForWrite);
  }
}, {
  pack(typedArray, allocateForWrite) {
    let constructor = typedArray.constructor;
    if (constructor !== ByteArray && this.moreTypes)
      writeExtBuffer(typedArray, typedArrays.indexOf(constructor.name), allocateForWrite);
    else
      writeBuffer(typedArray, allocateForWrite);
  }
}, {
  pack(arrayBuffer, allocateForWrite) {
    if (this.moreTypes)
      writeExtBuffer(arrayBuffer, 17, allocateForWrite);
    else
      writeBuffer(hasNodeBuffer ? Buffer.from(arrayBuffer) : new Uint8Array(arrayBuffer), allocateForWrite);
  }
}, {
  pack(c1, allocateForWrite) {
    let { target: target2, position: position3 } = allocateForWrite(1);
    target2[position3] = 193;
  }
}];
var builtInExtensionCount = extensions.length;
function writeExtBuffer(typedArray, type, allocateForWrite, encode4) {
  let length = typedArray.byteLength;
  if (length + 1 < 256) {
    var { target: target2, position: position3 } = allocateForWrite(4 + length);
    target2[position3++] = 199;
    target2[position3++] = length + 1;
  } else if (length + 1 < 65536) {
    var { target: target2, position: position3 } = allocateForWrite(5 + length);
    target2[position3++] = 200;
    target2[position3++] = length + 1 >> 8;
    target2[position3++] = length + 1 & 255;
  } else {
    var { target: target2, position: position3, targetView: targetView2 } = allocateForWrite(7 + length);
    target2[position3++] = 201;
    targetView2.setUint32(position3, length + 1);
    position3 += 4;
  }
  target2[position3++] = 116;
  target2[position3++] = type;
  if (!typedArray.buffer) typedArray = new Uint8Array(typedArray);
  target2.set(new Uint8Array(typedArray.buffer, typedArray.byteOffset, typedArray.byteLength), position3);
}
function writeBuffer(buffer, allocateForWrite) {
  let length = buffer.byteLength;
  var target2, position3;
  if (length < 256) {
    var { target: target2, position: position3 } = allocateForWrite(length + 2);
    target2[position3++] = 196;
    target2[position3++] = length;
  } else if (length < 65536) {
    var { target: target2, position: position3 } = allocateForWrite(length + 3);
    target2[position3++] = 197;
    target2[position3++] = length >> 8;
    target2[position3++] = length & 255;
  } else {
    var { target: target2, position: position3, targetView: targetView2 } = allocateForWrite(length + 5);
    target2[position3++] = 198;
    targetView2.setUint32(position3, length);
    position3 += 4;
  }
  target2.set(buffer, position3);
}
function writeExtensionData(result, target2, position3, type) {
  let length = result.length;
  switch (length) {
    case 1:
      target2[position3++] = 212;
      break;
    case 2:
      target2[position3++] = 213;
      break;
    case 4:
      target2[position3++] = 214;
      break;
    case 8:
      target2[position3++] = 215;
      break;
    case 16:
      target2[position3++] = 216;
      break;
    default:
      if (length < 256) {
        target2[position3++] = 199;
        target2[position3++] = length;
      } else if (length < 65536) {
        target2[position3++] = 200;
        target2[position3++] = length >> 8;
        target2[position3++] = length & 255;
      } else {
        target2[position3++] = 201;
        target2[position3++] = length >> 24;
        target2[position3++] = length >> 16 & 255;
        target2[position3++] = length >> 8 & 255;
        target2[position3++] = length & 255;
      }
  }
  target2[position3++] = type;
  target2.set(result, position3);
  position3 += length;
  return position3;
}
function insertIds(serialized, idsToInsert) {
  let nextId;
  let distanceToMove = idsToInsert.length * 6;
  let lastEnd = serialized.length - distanceToMove;
  while (nextId = idsToInsert.pop()) {
    let offset = nextId.offset;
    let id = nextId.id;
    serialized.copyWithin(offset + distanceToMove, offset, lastEnd);
    distanceToMove -= 6;
    let position3 = offset + distanceToMove;
    serialized[position3++] = 214;
    serialized[position3++] = 105;
    serialized[position3++] = id >> 24;
    serialized[position3++] = id >> 16 & 255;
    serialized[position3++] = id >> 8 & 255;
    serialized[position3++] = id & 255;
    lastEnd = offset;
  }
  return serialized;
}
function writeBundles(start, pack2, incrementPosition) {
  if (bundledStrings2.length > 0) {
    targetView.setUint32(bundledStrings2.position + start, position2 + incrementPosition - bundledStrings2.position - start);
    bundledStrings2.stringsPosition = position2 - start;
    let writeStrings = bundledStrings2;
    bundledStrings2 = null;
    pack2(writeStrings[0]);
    pack2(writeStrings[1]);
  }
}
function prepareStructures(structures, packr2) {
  structures.isCompatible = (existingStructures) => {
    let compatible = !existingStructures || (packr2.lastNamedStructuresLength || 0) === existingStructures.length;
    if (!compatible)
      packr2._mergeStructures(existingStructures);
    return compatible;
  };
  return structures;
}
Packr.SUPPORTS_STRUCT_HOOKS = true;
var defaultPackr = new Packr({ useRecords: false });
var pack = defaultPackr.pack;
var encode = defaultPackr.pack;
var { NEVER, ALWAYS, DECIMAL_ROUND, DECIMAL_FIT } = FLOAT32_OPTIONS;
var REUSE_BUFFER_MODE = 512;
var RESET_BUFFER_MODE = 1024;
var RESERVE_START_SPACE = 2048;

// packages/core/src/process/frames.ts
var MAX_FRAME_BYTES = 16 * 1024 * 1024;
var HEADER_BYTES = 4;
var COPY_BELOW_BYTES = 64 * 1024;
var packr = new Packr({ useRecords: false, moreTypes: false, copyBuffers: true });
function packMessage(message2) {
  return packr.pack(message2);
}
function unpackMessage(bytes2) {
  try {
    return packr.unpack(bytes2);
  } catch (cause) {
    throw badFrame("A message is not valid MessagePack.", cause);
  }
}
function encodeFrame(message2, maxBytes = MAX_FRAME_BYTES) {
  const body = packr.pack(message2);
  if (body.length > maxBytes) throw badFrame(`A message of ${body.length} bytes is longer than the ${maxBytes} allowed.`);
  if (body.length >= COPY_BELOW_BYTES) {
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    header.writeUInt32BE(body.length);
    return [header, body];
  }
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeUInt32BE(body.length);
  frame.set(body, HEADER_BYTES);
  return [frame];
}
function writeFrame(stream, message2, maxBytes = MAX_FRAME_BYTES) {
  const parts = encodeFrame(message2, maxBytes);
  if (parts.length > 1) stream.cork();
  let flowing = true;
  for (const part of parts) flowing = stream.write(part);
  if (parts.length > 1) stream.uncork();
  return flowing;
}
var FrameReader = class {
  #maxBytes;
  #chunks = [];
  #held = 0;
  #need = HEADER_BYTES;
  #inBody = false;
  constructor(maxBytes = MAX_FRAME_BYTES) {
    this.#maxBytes = maxBytes;
  }
  /** True between two messages; false when the stream stopped inside one. */
  get atBoundary() {
    return this.#held === 0 && !this.#inBody;
  }
  /** Takes bytes, yields the messages they complete. Throws `FLOW_PROTOCOL_BAD_FRAME`; the stream is then useless. */
  *push(chunk) {
    let rest = chunk;
    while (rest.length > 0 || this.#inBody && this.#need === 0) {
      const part = rest.subarray(0, this.#need - this.#held);
      rest = rest.subarray(part.length);
      if (part.length > 0) this.#chunks.push(part);
      this.#held += part.length;
      if (this.#held < this.#need) return;
      const whole = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks, this.#held);
      this.#chunks = [];
      this.#held = 0;
      if (this.#inBody) {
        this.#inBody = false;
        this.#need = HEADER_BYTES;
        yield unpackMessage(whole);
      } else {
        this.#need = whole.readUInt32BE();
        if (this.#need > this.#maxBytes) throw badFrame(`A message claims ${this.#need} bytes; at most ${this.#maxBytes} are allowed.`);
        this.#inBody = true;
      }
    }
  }
};
function badFrame(message2, cause) {
  return new FlowError("FLOW_PROTOCOL_BAD_FRAME", {
    message: message2,
    why: "The other side speaks another protocol or another version of it, or something else wrote into the stream.",
    fix: "Start both sides with the same version of @flow/core, and keep programs from writing to this descriptor.",
    cause
  });
}
var MessageStream = class {
  #readable;
  #writable;
  #maxBytes;
  #parse;
  #endListeners = [];
  #ended = false;
  #error;
  constructor(readable, writable, options = {}) {
    this.#readable = readable;
    this.#writable = writable;
    this.#maxBytes = options.maxFrameBytes ?? MAX_FRAME_BYTES;
    this.#parse = options.parse ?? ((value) => value);
    readable.on("error", (error) => this.destroy(error));
    if (readable !== writable) {
      writable.on("error", (error) => this.destroy(error));
    }
    readable.once("close", () => this.#end(void 0));
  }
  get ended() {
    return this.#ended;
  }
  /** Sends one message. False when the peer reads slower than we write: `await drained()` before the next bulk. */
  send(message2) {
    if (this.#ended || !this.#writable.writable) return false;
    return writeFrame(this.#writable, message2, this.#maxBytes);
  }
  /** Resolves when what was sent left for the peer as far as the stream's buffer, or the stream ended. */
  drained() {
    if (this.#ended || !this.#writable.writable || !this.#writable.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#writable.off("drain", done).off("close", done);
        resolve();
      };
      this.#writable.on("drain", done).on("close", done);
    });
  }
  /** Starts to read; one listener. */
  onMessage(listener) {
    const reader = new FrameReader(this.#maxBytes);
    this.#readable.on("data", (chunk) => {
      if (this.#ended) return;
      const frames = reader.push(chunk);
      for (; ; ) {
        let message2;
        try {
          const next = frames.next();
          if (next.done === true) return;
          message2 = this.#parse(next.value);
        } catch (error) {
          this.destroy(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        listener(message2);
        if (this.#ended) return;
      }
    });
    this.#readable.once("end", () => {
      this.#end(reader.atBoundary ? void 0 : badFrame("The stream ended inside a message."));
    });
  }
  /** Called once, when the peer ended or the stream broke (with the error then); at once if that was before. */
  onEnd(listener) {
    if (this.#ended) listener(this.#error);
    else this.#endListeners.push(listener);
  }
  /** Stops taking messages for a while; the peer feels it as backpressure. */
  pause() {
    this.#readable.pause();
  }
  resume() {
    this.#readable.resume();
  }
  /** Ends our direction after what was sent; the peer may still send. */
  end() {
    this.#writable.end();
  }
  /** Ends both directions now. */
  destroy(error) {
    this.#end(error);
    this.#readable.destroy();
    this.#writable.destroy();
  }
  #end(error) {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    for (const listener of this.#endListeners.splice(0)) listener(error);
  }
};

// packages/core/src/gang/keys.ts
import { createPublicKey, generateKeyPairSync, hkdfSync, randomBytes, sign, timingSafeEqual, verify } from "node:crypto";
var SECRET_BYTES = 32;
var KEY_BYTES = 32;
var ED25519_BYTES = 32;
var ED25519_SPKI = Buffer.from("302a300506032b6570032100", "hex");
var PROOF_CONTEXT = "flow gang channel: control speaks\0";
function newAttemptSecret() {
  return randomBytes(SECRET_BYTES);
}
function newIncarnation() {
  return randomBytes(8).toString("hex");
}
function channelIdentity({ attempt, index, incarnation }) {
  return `${attempt}:${index}:${incarnation}`;
}
function parseChannelIdentity(text2) {
  const parts = /^(.+):(\d{1,9}):([^:]+)$/su.exec(text2);
  if (parts === null) return void 0;
  return { attempt: parts[1], index: Number(parts[2]), incarnation: parts[3] };
}
function deriveNodeKey(secret, identity) {
  return Buffer.from(hkdfSync("sha256", secret, "flow gang node key", channelIdentity(identity), KEY_BYTES));
}
var KeyTable = class _KeyTable {
  #keys = /* @__PURE__ */ new Map();
  /** @param keys by {@link channelIdentity}; the bytes are copied. */
  constructor(keys = {}) {
    for (const [identity, key] of Object.entries(keys)) this.#keys.set(identity, Buffer.from(key));
  }
  /** The keys of these nodes, made from the attempt's secret. */
  static derive(secret, identities) {
    const table2 = new _KeyTable();
    for (const identity of identities) table2.add(identity, deriveNodeKey(secret, identity));
    return table2;
  }
  /** Takes the key over: it is zeroed with the table. */
  add(identity, key) {
    this.#keys.set(channelIdentity(identity), key);
  }
  get(identity) {
    return this.#keys.get(identity);
  }
  /** For the orchestrator link only: the keys by identity. */
  toRecord() {
    return Object.fromEntries([...this.#keys].map(([identity, key]) => [identity, Uint8Array.from(key)]));
  }
  [Symbol.dispose]() {
    for (const key of this.#keys.values()) key.fill(0);
    this.#keys.clear();
  }
};
var ControlIdentity = class _ControlIdentity {
  #privateKey;
  /** 32 bytes. */
  publicKey;
  constructor(privateKey, publicKey) {
    this.#privateKey = privateKey;
    this.publicKey = publicKey;
  }
  static create() {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    return new _ControlIdentity(privateKey, publicKey.export({ format: "der", type: "spki" }).subarray(-ED25519_BYTES));
  }
  /** Signs this connection: the signature is worth nothing on another. */
  prove(connection) {
    return sign(null, Buffer.concat([Buffer.from(PROOF_CONTEXT), connection]), this.#privateKey);
  }
};
function isProvenBy(publicKey, connection, signature) {
  if (publicKey.length !== ED25519_BYTES) return false;
  const key = createPublicKey({ key: Buffer.concat([ED25519_SPKI, publicKey]), format: "der", type: "spki" });
  return verify(null, Buffer.concat([Buffer.from(PROOF_CONTEXT), connection]), key, signature);
}
function isSameSecret(a, b) {
  return a.length === b.length && timingSafeEqual(a, b);
}

// packages/core/src/gang/channel/delivery.ts
var SOFT_LIMIT_BYTES = 1024 * 1024;
var HARD_LIMIT_BYTES = 64 * 1024 * 1024;
var ACK_AFTER_MESSAGES = 64;
var ACK_AFTER_BYTES = 256 * 1024;
var Delivery = class {
  #lastSent = 0;
  #received = 0;
  #confirmed = 0;
  #unconfirmedBytes = 0;
  #pending = [];
  #pendingBytes = 0;
  #hardLimit;
  constructor(hardLimitBytes = HARD_LIMIT_BYTES) {
    this.#hardLimit = hardLimitBytes;
  }
  /** The last number that arrived here. */
  get received() {
    return this.#received;
  }
  get pendingBytes() {
    return this.#pendingBytes;
  }
  /** Enough came in that the other side should hear of it before the next heartbeat. */
  get owesAck() {
    return this.#received - this.#confirmed >= ACK_AFTER_MESSAGES || this.#unconfirmedBytes >= ACK_AFTER_BYTES;
  }
  /** Keeps a message until it is confirmed; returns its number. `FLOW_GANG_CHANNEL_OVERFLOW` when too much is kept. */
  enqueue(body) {
    if (this.#pendingBytes + body.length > this.#hardLimit) {
      throw new FlowError("FLOW_GANG_CHANNEL_OVERFLOW", {
        message: `More than ${this.#hardLimit} bytes wait on the gang's channel for a node that does not take them.`,
        why: "The other node is stopped or cut off, or messages are made faster than the network carries them.",
        fix: "Send bulk data by a stream or a broadcast, and await it."
      });
    }
    this.#lastSent += 1;
    this.#pending.push({ seq: this.#lastSent, body });
    this.#pendingBytes += body.length;
    return this.#lastSent;
  }
  /** The other side has everything up to `ack`. Throws when that was never sent. */
  confirm(ack) {
    if (ack > this.#lastSent) throw violation(`message ${ack} was confirmed but never sent`);
    let done = 0;
    while (done < this.#pending.length && this.#pending[done].seq <= ack) this.#pendingBytes -= this.#pending[done++].body.length;
    if (done > 0) this.#pending.splice(0, done);
  }
  /** Takes note of an arriving message. False when it came before. Throws when one in between is missing. */
  accept(seq, size) {
    if (seq <= this.#received) return false;
    if (seq !== this.#received + 1) throw violation(`message ${seq} follows ${this.#received}`);
    this.#received = seq;
    this.#unconfirmedBytes += size;
    return true;
  }
  /** The number to confirm with what is sent now. */
  takeAck() {
    this.#confirmed = this.#received;
    this.#unconfirmedBytes = 0;
    return this.#received;
  }
  /** What must be sent again on a new connection to a side that has everything up to `ack`. */
  resumeAfter(ack) {
    this.confirm(ack);
    return this.#pending;
  }
};
function violation(what, cause) {
  return new FlowError("FLOW_GANG_CHANNEL_VIOLATION", {
    message: `A node broke the rules of the gang's channel: ${what}.`,
    why: "It runs another version of Flow, or it is not the node that it claims to be.",
    fix: "Make sure that all nodes start from the same code package.",
    cause
  });
}

// packages/core/src/gang/channel/lease.ts
var TickClock = class {
  #intervalMs;
  #leaseMs;
  #now;
  #last;
  constructor(options) {
    this.#intervalMs = options.intervalMs;
    this.#leaseMs = options.leaseMs;
    this.#now = options.now;
    this.#last = options.now();
  }
  /**
   * To be called at each interval. `missedMs` is what to add to everyone's last sign of life; Infinity (a fresh lease
   * for everyone) when we were away for longer than a lease.
   */
  tick() {
    const now = this.#now();
    const gap = now - this.#last;
    this.#last = now;
    if (gap > this.#leaseMs) return { now, missedMs: Infinity };
    return { now, missedMs: Math.max(0, gap - this.#intervalMs) };
  }
};
function credited(lastHeard, { now, missedMs }) {
  return Math.min(now, lastHeard + missedMs);
}
function tickInterval(heartbeatMs) {
  return Math.max(5, Math.round(heartbeatMs / 3));
}

// node_modules/zod/v4/core/util.js
function getEnumValues(entries) {
  const numericValues = Object.values(entries).filter((v) => typeof v === "number");
  const values = Object.entries(entries).filter(([k, _]) => numericValues.indexOf(+k) === -1).map(([_, v]) => v);
  return values;
}
function jsonStringifyReplacer(_, value) {
  if (typeof value === "bigint")
    return value.toString();
  return value;
}
var Cached = class {
  constructor(getter) {
    this._getter = getter;
    this._value = void 0;
  }
  get value() {
    const getter = this._getter;
    if (getter !== void 0) {
      this._value = getter();
      this._getter = void 0;
    }
    return this._value;
  }
};
function cached(getter) {
  return new Cached(getter);
}
function cleanRegex(source) {
  const start = source.startsWith("^") ? 1 : 0;
  const end2 = source.endsWith("$") ? source.length - 1 : source.length;
  return source.slice(start, end2);
}
function assignProp(target2, prop, value) {
  Object.defineProperty(target2, prop, {
    value,
    writable: true,
    enumerable: true,
    configurable: true
  });
}
function rawShape(def) {
  const desc = Object.getOwnPropertyDescriptor(def, "shape");
  return desc?.get ? desc.get.raw : desc?.value;
}
var captureStackTrace = "captureStackTrace" in Error ? Error.captureStackTrace : (..._args) => {
};
function isObject(data2) {
  return typeof data2 === "object" && data2 !== null && !Array.isArray(data2);
}
function isPlainObject(o) {
  if (isObject(o) === false)
    return false;
  const ctor = o.constructor;
  if (ctor === void 0)
    return true;
  if (typeof ctor !== "function")
    return true;
  const prot = ctor.prototype;
  if (isObject(prot) === false)
    return false;
  if (Object.prototype.hasOwnProperty.call(prot, "isPrototypeOf") === false) {
    return false;
  }
  return true;
}
var propertyKeyTypes = /* @__PURE__ */ new Set(["string", "number", "symbol"]);
function escapeRegex(str) {
  return str.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
function clone(inst, def, params) {
  const cl = new inst._zod.constr(def ?? inst._zod.def);
  if (!def || params?.parent)
    cl._zod.parent = inst;
  return cl;
}
function normalizeParams(_params) {
  const params = _params;
  if (!params)
    return {};
  if (typeof params === "string")
    return { error: () => params };
  if (params?.message !== void 0) {
    if (params?.error !== void 0)
      throw new Error("Cannot specify both `message` and `error` params");
    params.error = params.message;
  }
  delete params.message;
  if (typeof params.error === "string")
    return { ...params, error: () => params.error };
  return params;
}
function optionalKeys(shape) {
  return Object.keys(shape).filter((k) => {
    return shape[k]._zod.optin !== void 0 && shape[k]._zod.optout === "optional";
  });
}
var NUMBER_FORMAT_RANGES = /* @__PURE__ */ (() => ({
  safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-2147483648, 2147483647],
  uint32: [0, 4294967295],
  float32: [-34028234663852886e22, 34028234663852886e22],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE]
}))();
function aborted(x, startIndex = 0) {
  if (x.aborted === true)
    return true;
  for (let i = startIndex; i < x.issues.length; i++) {
    if (x.issues[i]?.continue !== true) {
      return true;
    }
  }
  return false;
}
function explicitlyAborted(x, startIndex = 0) {
  if (x.aborted === true)
    return true;
  for (let i = startIndex; i < x.issues.length; i++) {
    if (x.issues[i]?.continue === false) {
      return true;
    }
  }
  return false;
}
function prefixIssues(path, issues) {
  return issues.map((iss) => {
    var _a2;
    (_a2 = iss).path ?? (_a2.path = []);
    iss.path.unshift(path);
    return iss;
  });
}
function unwrapMessage(message2) {
  return typeof message2 === "string" ? message2 : message2?.message;
}
function sizeCaps(defChecks) {
  const caps = [];
  for (const ch of defChecks ?? []) {
    const d = ch._zod.def;
    if (!/_(length|size)$|_equals$/.test(d.check))
      break;
    const max = d.maximum ?? d.length ?? d.size;
    if (max >= 0)
      caps.push([max, ch]);
  }
  return caps;
}
function attachSchema(issues, start, inst) {
  var _a2;
  for (let i = start; i < issues.length; i++) {
    (_a2 = issues[i]).schema ?? (_a2.schema = inst);
  }
}
function finalizeIssue(iss, ctx, config2) {
  var _a2;
  const traits = iss.inst?._zod?.traits;
  if (traits?.has("$ZodType")) {
    if (traits.has("$ZodCheck"))
      (_a2 = iss).schema ?? (_a2.schema = iss.inst);
    else
      iss.schema = iss.inst;
  }
  const schemaError = iss.schema !== iss.inst ? iss.schema?._zod.def?.error : void 0;
  const message2 = iss.message ? iss.message : unwrapMessage(iss.inst?._zod.def?.error?.(iss)) ?? unwrapMessage(schemaError?.(iss)) ?? unwrapMessage(ctx?.error?.(iss)) ?? unwrapMessage(config2.customError?.(iss)) ?? unwrapMessage(config2.localeError?.(iss)) ?? "Invalid input";
  const full = {};
  for (const k of Object.keys(iss)) {
    if (k === "inst" || k === "schema" || k === "continue" || k === "input" || k === "__proto__")
      continue;
    full[k] = iss[k];
  }
  full.path ?? (full.path = []);
  full.message = message2;
  if (ctx?.reportInput) {
    full.input = iss.input;
  }
  return full;
}
function issue(...args) {
  const [iss, input, inst] = args;
  if (typeof iss === "string") {
    return {
      message: iss,
      code: "custom",
      input,
      inst
    };
  }
  return { ...iss };
}
function members(proto, table2) {
  for (const key in table2) {
    const desc = Object.getOwnPropertyDescriptor(table2, key);
    if (desc.get)
      Object.defineProperty(proto, key, { ...desc, enumerable: false });
    else
      defineBound(proto, key, desc.value);
  }
}
function own(inst, key, value, enumerable = true) {
  Object.defineProperty(inst, key, { configurable: true, writable: true, enumerable, value });
  return value;
}
function hide(inst, key, value) {
  return own(inst, key, value, false);
}
function defineBound(proto, key, fn) {
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      return this == null ? fn : own(this, key, fn.bind(this));
    },
    set(value) {
      own(this, key, value);
    }
  });
}
function claim(inst, sentinel) {
  const proto = Object.getPrototypeOf(inst);
  return sentinel in proto ? void 0 : proto;
}
var installing;
var broke = false;
var breaker = {
  configurable: true,
  get() {
    broke = true;
    return void 0;
  }
};
function defineLazyInternal(inst, key, compute) {
  const proto = Object.getPrototypeOf(inst._zod);
  if (key in proto && installing !== inst._zod) {
    installing = void 0;
    return;
  }
  installing = inst._zod;
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      Object.defineProperty(this, key, breaker);
      const outer = broke;
      broke = false;
      try {
        const value = compute(this);
        if (broke)
          delete this[key];
        else
          Object.defineProperty(this, key, { configurable: true, writable: true, value });
        broke = broke || outer;
        return value;
      } catch (err) {
        delete this[key];
        broke = broke || outer;
        throw err;
      }
    },
    set(value) {
      Object.defineProperty(this, key, { configurable: true, writable: true, value });
    }
  });
}
function installLazyProp(inst, key, make, enumerable) {
  const proto = claim(inst, key);
  if (!proto)
    return;
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      const desc = { configurable: true, writable: true, enumerable, value: void 0 };
      Object.defineProperty(this, key, desc);
      desc.value = make(this);
      Object.defineProperty(this, key, desc);
      return desc.value;
    },
    set(value) {
      Object.defineProperty(this, key, { configurable: true, writable: true, enumerable, value });
    }
  });
}

// node_modules/zod/v4/core/core.js
var _a;
var _zodDesc = { value: void 0, enumerable: false };
var _E = "captureStackTrace" in Error ? Error : null;
function newError(Definition) {
  const E = _E;
  if (E) {
    const saved = E.stackTraceLimit;
    if (typeof saved === "number") {
      try {
        E.stackTraceLimit = 0;
      } catch {
        _E = null;
        return new Definition();
      }
      try {
        return new Definition();
      } finally {
        E.stackTraceLimit = saved;
      }
    }
  }
  return new Definition();
}
// @__NO_SIDE_EFFECTS__
function $constructor(name, initializer2, proto, params) {
  const zodProto = {};
  function Internals(def) {
    this.def = def;
    this.constr = _;
    this.traits = /* @__PURE__ */ new Set();
  }
  Internals.prototype = zodProto;
  const protoMembers = proto;
  const initialized = protoMembers && /* @__PURE__ */ new WeakSet();
  function init(inst, def) {
    if (!inst._zod) {
      _zodDesc.value = new Internals(def);
      try {
        Object.defineProperty(inst, "_zod", _zodDesc);
      } finally {
        _zodDesc.value = void 0;
      }
    } else if (inst._zod.traits.has(name)) {
      return;
    }
    inst._zod.traits.add(name);
    initializer2(inst, def);
    if (initialized) {
      const own2 = Object.getPrototypeOf(inst);
      const ctorProto = inst._zod.constr.prototype;
      let up = own2;
      while (up && up !== ctorProto)
        up = Object.getPrototypeOf(up);
      const target2 = up ?? own2;
      if (!initialized.has(target2)) {
        initialized.add(target2);
        members(target2, protoMembers);
      }
    }
    const proto2 = _.prototype;
    for (const k in proto2) {
      if (!Object.prototype.hasOwnProperty.call(proto2, k))
        continue;
      if (!(k in inst)) {
        inst[k] = proto2[k].bind(inst);
      }
    }
  }
  const Parent = params?.Parent ?? Object;
  class Definition extends Parent {
  }
  Object.defineProperty(Definition, "name", { value: name });
  function _(def) {
    const inst = params?.Parent ? newError(Definition) : this;
    init(inst, def);
    const deferred = inst._zod.deferred;
    if (deferred) {
      for (const fn of deferred) {
        fn();
      }
      inst._zod.deferred = void 0;
    }
    const pp = globalThis.__zod_globalConfig?.postProcessor;
    if (pp)
      pp(inst);
    return inst;
  }
  Object.defineProperty(_, "init", { value: init });
  Object.defineProperty(_, Symbol.hasInstance, {
    value: (inst) => {
      if (params?.Parent && inst instanceof params.Parent)
        return true;
      return inst?._zod?.traits?.has(name);
    }
  });
  Object.defineProperty(_, "name", { value: name });
  return _;
}
var $ZodAsyncError = class extends Error {
  constructor() {
    super(`Encountered Promise during synchronous parse. Use .parseAsync() instead.`);
  }
};
(_a = globalThis).__zod_globalConfig ?? (_a.__zod_globalConfig = {});
var globalConfig = globalThis.__zod_globalConfig;
function config(newConfig) {
  if (newConfig)
    Object.assign(globalConfig, newConfig);
  return globalConfig;
}

// node_modules/zod/v4/core/errors.js
function _getMessage() {
  const internals = this._zod;
  internals.message ?? (internals.message = JSON.stringify(internals.def, jsonStringifyReplacer, 2));
  return internals.message;
}
function _setMessage(value) {
  this._zod.message = value;
}
var _messageDesc = {
  get: _getMessage,
  set: _setMessage,
  enumerable: true,
  configurable: true
};
var _issuesDesc = { value: void 0, enumerable: false };
var _installedToString = /* @__PURE__ */ new WeakSet([Object.prototype, Error.prototype]);
var initializer = (inst, def) => {
  inst.name = "$ZodError";
  _issuesDesc.value = def;
  Object.defineProperty(inst, "issues", _issuesDesc);
  _issuesDesc.value = void 0;
  Object.defineProperty(inst, "message", _messageDesc);
  const proto = Object.getPrototypeOf(inst);
  if (!_installedToString.has(proto)) {
    _installedToString.add(proto);
    Object.defineProperty(proto, "toString", {
      configurable: true,
      enumerable: false,
      get() {
        const value = () => this.message;
        Object.defineProperty(this, "toString", { value, configurable: true, writable: true });
        return value;
      },
      set(value) {
        Object.defineProperty(this, "toString", { value, configurable: true, writable: true });
      }
    });
  }
};
var $ZodError = $constructor("$ZodError", initializer);
var $ZodRealError = $constructor("$ZodError", initializer, void 0, {
  Parent: Error
});

// node_modules/zod/v4/core/parse.js
var _parse = (_Err) => {
  const fn = (schema, value, _ctx, _params) => {
    const ctx = _ctx ? { ..._ctx, async: false } : { async: false };
    const result = schema._zod.run({ value, issues: [] }, ctx);
    if (result instanceof Promise) {
      throw new $ZodAsyncError();
    }
    if (result.issues.length) {
      const e = new (_params?.Err ?? _Err)(result.issues.map((iss) => finalizeIssue(iss, ctx, config())));
      captureStackTrace(e, _params?.callee ?? fn);
      throw e;
    }
    return result.value;
  };
  return fn;
};
var parse = /* @__PURE__ */ _parse($ZodRealError);
var _parseAsync = (_Err) => {
  const fn = async (schema, value, _ctx, params) => {
    const ctx = _ctx ? { ..._ctx, async: true } : { async: true };
    let result = schema._zod.run({ value, issues: [] }, ctx);
    if (result instanceof Promise)
      result = await result;
    if (result.issues.length) {
      const e = new (params?.Err ?? _Err)(result.issues.map((iss) => finalizeIssue(iss, ctx, config())));
      captureStackTrace(e, params?.callee ?? fn);
      throw e;
    }
    return result.value;
  };
  return fn;
};
var parseAsync = /* @__PURE__ */ _parseAsync($ZodRealError);
var _safeParse = (_Err) => (schema, value, _ctx) => {
  const ctx = _ctx ? { ..._ctx, async: false } : { async: false };
  const result = schema._zod.run({ value, issues: [] }, ctx);
  if (result instanceof Promise) {
    throw new $ZodAsyncError();
  }
  return result.issues.length ? failure(_Err, result.issues, ctx) : { success: true, data: result.value };
};
var safeParse = /* @__PURE__ */ _safeParse($ZodRealError);
function failure(Err, issues, ctx) {
  let error;
  return {
    success: false,
    get error() {
      if (!error) {
        error = new Err(issues.map((iss) => finalizeIssue(iss, ctx, config())));
        issues = void 0;
        ctx = void 0;
      }
      return error;
    },
    set error(e) {
      error = e;
      issues = void 0;
      ctx = void 0;
    }
  };
}
var _safeParseAsync = (_Err) => async (schema, value, _ctx) => {
  const ctx = _ctx ? { ..._ctx, async: true } : { async: true };
  let result = schema._zod.run({ value, issues: [] }, ctx);
  if (result instanceof Promise)
    result = await result;
  return result.issues.length ? failure(_Err, result.issues, ctx) : { success: true, data: result.value };
};
var safeParseAsync = /* @__PURE__ */ _safeParseAsync($ZodRealError);

// node_modules/zod/v4/core/regexes.js
var anyString = /^[\s\S]{0,}$/;
var number = /^-?\d+(?:\.\d+)?$/;
var boolean = /^(?:true|false)$/i;

// node_modules/zod/v4/core/checks.js
var $ZodCheck = /* @__PURE__ */ $constructor("$ZodCheck", (inst, def) => {
  var _a2;
  inst._zod ?? (inst._zod = {});
  inst._zod.def = def;
  (_a2 = inst._zod).onattach ?? (_a2.onattach = []);
});
var numericOriginMap = {
  number: "number",
  bigint: "bigint",
  object: "date"
};
var $ZodCheckLessThan = /* @__PURE__ */ $constructor("$ZodCheckLessThan", (inst, def) => {
  $ZodCheck.init(inst, def);
  const origin = numericOriginMap[typeof def.value];
  inst._zod.check = (payload) => {
    if (def.inclusive ? payload.value <= def.value : payload.value < def.value) {
      return;
    }
    payload.issues.push({
      origin: numericOriginMap[typeof payload.value] ?? origin,
      code: "too_big",
      maximum: typeof def.value === "object" ? def.value.getTime() : def.value,
      input: payload.value,
      inclusive: def.inclusive,
      inst,
      continue: !def.abort
    });
  };
});
var $ZodCheckGreaterThan = /* @__PURE__ */ $constructor("$ZodCheckGreaterThan", (inst, def) => {
  $ZodCheck.init(inst, def);
  const origin = numericOriginMap[typeof def.value];
  inst._zod.check = (payload) => {
    if (def.inclusive ? payload.value >= def.value : payload.value > def.value) {
      return;
    }
    payload.issues.push({
      origin: numericOriginMap[typeof payload.value] ?? origin,
      code: "too_small",
      minimum: typeof def.value === "object" ? def.value.getTime() : def.value,
      input: payload.value,
      inclusive: def.inclusive,
      inst,
      continue: !def.abort
    });
  };
});
var $ZodCheckNumberFormat = /* @__PURE__ */ $constructor("$ZodCheckNumberFormat", (inst, def) => {
  $ZodCheck.init(inst, def);
  def.format = def.format || "float64";
  const isInt = def.format?.includes("int");
  const origin = isInt ? "int" : "number";
  const [minimum, maximum] = NUMBER_FORMAT_RANGES[def.format];
  inst._zod.check = (payload) => {
    const input = payload.value;
    if (isInt) {
      if (!Number.isInteger(input)) {
        payload.issues.push({
          expected: origin,
          format: def.format,
          code: "invalid_type",
          continue: false,
          input,
          inst
        });
        return;
      }
      if (!Number.isSafeInteger(input)) {
        if (input > 0) {
          payload.issues.push({
            input,
            code: "too_big",
            maximum: Number.MAX_SAFE_INTEGER,
            note: "Integers must be within the safe integer range.",
            inst,
            origin,
            inclusive: true,
            continue: !def.abort
          });
        } else {
          payload.issues.push({
            input,
            code: "too_small",
            minimum: Number.MIN_SAFE_INTEGER,
            note: "Integers must be within the safe integer range.",
            inst,
            origin,
            inclusive: true,
            continue: !def.abort
          });
        }
        return;
      }
    }
    if (input < minimum) {
      payload.issues.push({
        origin: "number",
        input,
        code: "too_small",
        minimum,
        inclusive: true,
        inst,
        continue: !def.abort
      });
    }
    if (input > maximum) {
      payload.issues.push({
        origin: "number",
        input,
        code: "too_big",
        maximum,
        inclusive: true,
        inst,
        continue: !def.abort
      });
    }
  };
});
var $ZodCheckStringFormat = /* @__PURE__ */ $constructor("$ZodCheckStringFormat", (inst, def) => {
  var _a2, _b;
  $ZodCheck.init(inst, def);
  if (def.pattern)
    (_a2 = inst._zod).check ?? (_a2.check = (payload) => {
      def.pattern.lastIndex = 0;
      if (def.pattern.test(payload.value))
        return;
      payload.issues.push({
        origin: "string",
        code: "invalid_format",
        format: def.format,
        input: payload.value,
        ...def.pattern ? { pattern: def.pattern.toString() } : {},
        inst,
        continue: !def.abort
      });
    });
  else
    (_b = inst._zod).check ?? (_b.check = () => {
    });
});
var $ZodCheckRegex = /* @__PURE__ */ $constructor("$ZodCheckRegex", (inst, def) => {
  $ZodCheckStringFormat.init(inst, def);
  inst._zod.check = (payload) => {
    def.pattern.lastIndex = 0;
    if (def.pattern.test(payload.value))
      return;
    payload.issues.push({
      origin: "string",
      code: "invalid_format",
      format: "regex",
      input: payload.value,
      pattern: def.pattern.toString(),
      inst,
      continue: !def.abort
    });
  };
});

// node_modules/zod/v4/core/versions.js
var version = {
  major: 4,
  minor: 6,
  patch: 7
};

// node_modules/zod/v4/core/schemas.js
var $ZodType = /* @__PURE__ */ $constructor("$ZodType", (inst, def) => {
  var _a2;
  inst ?? (inst = {});
  inst._zod.def = def;
  inst._zod.bag = inst._zod.bag || {};
  inst._zod.version = version;
  const defChecks = inst._zod.def.checks;
  const checks = inst._zod.traits.has("$ZodCheck") ? [inst, ...defChecks ?? []] : defChecks?.length ? [...defChecks] : [];
  for (const ch of checks) {
    for (const fn of ch._zod.onattach) {
      fn(inst);
    }
  }
  if (checks.length === 0) {
    (_a2 = inst._zod).deferred ?? (_a2.deferred = []);
    inst._zod.deferred?.push(() => {
      inst._zod.run = inst._zod.parse;
    });
  } else {
    const runChecks = (payload, checks2, ctx) => {
      if (payload.memo)
        return payload;
      let isAborted = aborted(payload);
      let asyncResult;
      for (const ch of checks2) {
        if (ch._zod.def.when) {
          if (explicitlyAborted(payload))
            continue;
          const shouldRun = ch._zod.def.when(payload);
          if (!shouldRun)
            continue;
        } else if (isAborted) {
          continue;
        }
        const currLen = payload.issues.length;
        const _ = ch._zod.check(payload);
        if (_ instanceof Promise && ctx?.async === false) {
          throw new $ZodAsyncError();
        }
        if (asyncResult || _ instanceof Promise) {
          asyncResult = (asyncResult ?? Promise.resolve()).then(async () => {
            await _;
            const nextLen = payload.issues.length;
            if (nextLen === currLen)
              return;
            attachSchema(payload.issues, currLen, inst);
            if (!isAborted)
              isAborted = aborted(payload, currLen);
          });
        } else {
          const nextLen = payload.issues.length;
          if (nextLen === currLen)
            continue;
          attachSchema(payload.issues, currLen, inst);
          if (!isAborted)
            isAborted = aborted(payload, currLen);
        }
      }
      if (asyncResult) {
        return asyncResult.then(() => {
          return payload;
        });
      }
      return payload;
    };
    const handleCanaryResult = (canary, payload, ctx) => {
      if (aborted(canary)) {
        canary.aborted = true;
        return canary;
      }
      const checkResult = runChecks(payload, checks, ctx);
      if (checkResult instanceof Promise) {
        if (ctx.async === false)
          throw new $ZodAsyncError();
        return checkResult.then((checkResult2) => inst._zod.parse(checkResult2, ctx));
      }
      return inst._zod.parse(checkResult, ctx);
    };
    inst._zod.run = (payload, ctx) => {
      if (ctx.skipChecks) {
        return inst._zod.parse(payload, ctx);
      }
      if (ctx.direction === "backward") {
        const canary = inst._zod.parse({ value: payload.value, issues: [] }, { ...ctx, skipChecks: true });
        if (canary instanceof Promise) {
          return canary.then((canary2) => {
            return handleCanaryResult(canary2, payload, ctx);
          });
        }
        return handleCanaryResult(canary, payload, ctx);
      }
      const result = inst._zod.parse(payload, ctx);
      if (result instanceof Promise) {
        if (ctx.async === false)
          throw new $ZodAsyncError();
        return result.then((result2) => runChecks(result2, checks, ctx));
      }
      return runChecks(result, checks, ctx);
    };
  }
}, {
  // Wrappers extend this by installing a richer factory over it; reading it eagerly would defeat the laziness.
  get "~standard"() {
    return hide(this, "~standard", standardProps(this));
  },
  set "~standard"(value) {
    own(this, "~standard", value);
  }
});
var toStandardResult = (r, ctx) => r.issues.length ? { issues: r.issues.map((iss) => finalizeIssue(iss, ctx, config())) } : { value: r.value };
async function validateAsync(inst, value) {
  const ctx = { async: true };
  return toStandardResult(await inst._zod.run({ value, issues: [] }, ctx), ctx);
}
function standardProps(inst) {
  return {
    validate: (value) => {
      const ctx = { async: false };
      try {
        const r = inst._zod.run({ value, issues: [] }, ctx);
        if (!(r instanceof Promise))
          return toStandardResult(r, ctx);
      } catch (_) {
      }
      return validateAsync(inst, value);
    },
    vendor: "zod",
    version: 1
  };
}
var $ZodString = /* @__PURE__ */ $constructor("$ZodString", (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.pattern = def.pattern ?? anyString;
  inst._zod.parse = (payload, _) => {
    if (def.coerce)
      try {
        payload.value = String(payload.value);
      } catch (_2) {
      }
    if (typeof payload.value === "string")
      return payload;
    payload.issues.push({
      expected: "string",
      code: "invalid_type",
      input: payload.value,
      inst
    });
    return payload;
  };
});
var $ZodNumber = /* @__PURE__ */ $constructor("$ZodNumber", (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.pattern = number;
  inst._zod.parse = (payload, _ctx) => {
    if (def.coerce)
      try {
        payload.value = Number(payload.value);
      } catch (_) {
      }
    const input = payload.value;
    if (typeof input === "number" && !Number.isNaN(input) && Number.isFinite(input)) {
      return payload;
    }
    const received = typeof input === "number" ? Number.isNaN(input) ? "NaN" : !Number.isFinite(input) ? String(input) : void 0 : void 0;
    payload.issues.push({
      expected: "number",
      code: "invalid_type",
      input,
      inst,
      ...received ? { received } : {}
    });
    return payload;
  };
});
var $ZodNumberFormat = /* @__PURE__ */ $constructor("$ZodNumberFormat", (inst, def) => {
  $ZodCheckNumberFormat.init(inst, def);
  $ZodNumber.init(inst, def);
});
var $ZodBoolean = /* @__PURE__ */ $constructor("$ZodBoolean", (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.pattern = boolean;
  inst._zod.parse = (payload, _ctx) => {
    if (def.coerce)
      try {
        payload.value = Boolean(payload.value);
      } catch (_) {
      }
    const input = payload.value;
    if (typeof input === "boolean")
      return payload;
    payload.issues.push({
      expected: "boolean",
      code: "invalid_type",
      input,
      inst
    });
    return payload;
  };
});
var $ZodUnknown = /* @__PURE__ */ $constructor("$ZodUnknown", (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.parse = (payload) => payload;
});
var $ZodVoid = /* @__PURE__ */ $constructor("$ZodVoid", (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.parse = (payload, _ctx) => {
    const input = payload.value;
    if (typeof input === "undefined")
      return payload;
    payload.issues.push({
      expected: "void",
      code: "invalid_type",
      input,
      inst
    });
    return payload;
  };
});
function capSize(inst, size) {
  const caps = sizeCaps(inst._zod.def.checks);
  if (!caps.length)
    return;
  const cap = Math.min(...caps.map((c) => c[0]));
  const parse2 = inst._zod.parse;
  inst._zod.parse = (payload, ctx) => {
    const n = size(payload.value);
    if (n > cap && !ctx?.skipChecks && ctx?.direction !== "backward") {
      for (const [max, ch] of sizeCaps(inst._zod.def.checks)) {
        if (n > max && ch._zod.def.when(payload)) {
          const start = payload.issues.length;
          ch._zod.check(payload);
          payload.issues[start].continue = false;
          attachSchema(payload.issues, start, inst);
          return payload;
        }
      }
    }
    return parse2(payload, ctx);
  };
}
var arraySize = (input) => Array.isArray(input) ? input.length : -1;
function handleArrayResult(result, final, index) {
  if (result.issues.length) {
    final.issues.push(...prefixIssues(index, result.issues));
  }
  final.value[index] = result.value;
}
var $ZodArray = /* @__PURE__ */ $constructor("$ZodArray", (inst, def) => {
  $ZodType.init(inst, def);
  const memo = globalConfig.memoizer;
  memo?.attach(inst);
  inst._zod.parse = (payload, ctx) => {
    const input = payload.value;
    if (!Array.isArray(input)) {
      payload.issues.push({
        expected: "array",
        code: "invalid_type",
        input,
        inst
      });
      return payload;
    }
    payload.value = memo ? memo.alloc(inst, payload, Array(input.length), ctx) : Array(input.length);
    const proms = [];
    const abortEarly = ctx?.abortEarly;
    for (let i = 0; i < input.length; i++) {
      const item = input[i];
      const result = def.element._zod.run({
        value: item,
        issues: []
      }, ctx);
      if (result instanceof Promise) {
        proms.push(result.then((result2) => handleArrayResult(result2, payload, i)));
      } else {
        handleArrayResult(result, payload, i);
        if (abortEarly && result.issues.length !== 0 && aborted(result))
          break;
      }
    }
    if (proms.length) {
      return Promise.all(proms).then(() => payload);
    }
    return payload;
  };
  capSize(inst, arraySize);
});
function handlePropertyResult(result, final, key, input, optin, optout) {
  const isPresent = key in input;
  const isOptionalOut = optout === "optional";
  if (!isPresent && isOptionalOut && optin === "optional") {
    return;
  }
  if (result.issues.length) {
    if (optin !== void 0 && isOptionalOut && !isPresent) {
      return;
    }
    final.issues.push(...prefixIssues(key, result.issues));
  }
  if (!isPresent && optin === void 0) {
    if (!result.issues.length) {
      final.issues.push({
        code: "invalid_type",
        expected: "nonoptional",
        input: void 0,
        path: [key]
      });
    }
    return;
  }
  if (result.value === void 0) {
    if (isPresent || optin === "defaulted" && !isOptionalOut) {
      final.value[key] = void 0;
    }
  } else {
    final.value[key] = result.value;
  }
}
var NO_SYMBOL_KEYS = [];
function normalizeDef(def) {
  const keys = Object.keys(def.shape);
  const ownSymbols = Object.getOwnPropertySymbols(def.shape);
  const symbolKeys = ownSymbols.length ? ownSymbols : NO_SYMBOL_KEYS;
  const allKeys = symbolKeys.length ? [...keys, ...symbolKeys] : keys;
  for (const k of allKeys) {
    if (!def.shape?.[k]?._zod?.traits?.has("$ZodType")) {
      throw new Error(`Invalid element at key "${String(k)}": expected a Zod schema`);
    }
  }
  const okeys = optionalKeys(def.shape);
  return {
    ...def,
    allKeys,
    symbolKeys,
    // string-only: handleCatchall matches it against `for...in`, which never yields a symbol
    keySet: new Set(keys),
    numKeys: keys.length,
    optionalKeys: new Set(okeys)
  };
}
function handleCatchall(proms, input, payload, ctx, def, inst, abortEarly) {
  const unrecognized = [];
  const keySet = def.keySet;
  const _catchall = def.catchall._zod;
  const t = _catchall.def.type;
  const optin = _catchall.optin;
  const optout = _catchall.optout;
  let seen = 0;
  for (const key in input) {
    if (abortEarly && payload.issues.length !== seen) {
      if (aborted(payload, seen))
        break;
      seen = payload.issues.length;
    }
    if (keySet.has(key))
      continue;
    if (key === "__proto__") {
      if (t === "never")
        unrecognized.push(key);
      continue;
    }
    if (t === "never") {
      unrecognized.push(key);
      continue;
    }
    const r = _catchall.run({ value: input[key], issues: [] }, ctx);
    if (r instanceof Promise) {
      proms.push(r.then((r2) => handlePropertyResult(r2, payload, key, input, optin, optout)));
    } else {
      handlePropertyResult(r, payload, key, input, optin, optout);
    }
  }
  if (unrecognized.length) {
    payload.issues.push({
      code: "unrecognized_keys",
      keys: unrecognized,
      input,
      inst,
      // Describes the shape of the input, not the validity of the parsed value, so it never aborts. The parse still fails; the schema's own checks just get to run first, and an enclosing intersection can reconcile the key against a sibling operand.
      continue: true
    });
  }
  if (!proms.length)
    return payload;
  return Promise.all(proms).then(() => {
    return payload;
  });
}
var $ZodObject = /* @__PURE__ */ $constructor("$ZodObject", (inst, def) => {
  $ZodType.init(inst, def);
  const desc = Object.getOwnPropertyDescriptor(def, "shape");
  const sh = desc?.get ? desc.get.raw : def.shape ?? {};
  if (sh) {
    const get = () => {
      const newSh = { ...sh };
      Object.defineProperty(def, "shape", { value: newSh });
      get.raw = newSh;
      return newSh;
    };
    get.raw = sh;
    Object.defineProperty(def, "shape", { get });
  }
  const _normalized = cached(() => normalizeDef(def));
  defineLazyInternal(inst, "propValues", (zod) => {
    const shape = zod.def.shape;
    const propValues = {};
    for (const key in shape) {
      const field = shape[key]._zod;
      if (field.values) {
        if (!Object.prototype.hasOwnProperty.call(propValues, key)) {
          assignProp(propValues, key, /* @__PURE__ */ new Set());
        }
        for (const v of field.values)
          propValues[key].add(v);
        if (field.optin !== void 0)
          propValues[key].add(void 0);
      }
    }
    return propValues;
  });
  const isObject2 = isObject;
  const catchall = def.catchall;
  let value;
  const memo = globalConfig.memoizer;
  memo?.attach(inst);
  inst._zod.parse = (payload, ctx) => {
    value ?? (value = _normalized.value);
    const input = payload.value;
    if (!isObject2(input)) {
      payload.issues.push({
        expected: "object",
        code: "invalid_type",
        input,
        inst
      });
      return payload;
    }
    payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
    const proms = [];
    const shape = value.shape;
    const abortEarly = ctx?.abortEarly;
    let seen = payload.issues.length;
    for (const key of value.allKeys) {
      if (abortEarly && payload.issues.length !== seen) {
        if (aborted(payload, seen))
          break;
        seen = payload.issues.length;
      }
      if (key === "__proto__")
        continue;
      const el = shape[key];
      const optin = el._zod.optin;
      const optout = el._zod.optout;
      const r = el._zod.run({ value: input[key], issues: [] }, ctx);
      if (r instanceof Promise) {
        proms.push(r.then((r2) => handlePropertyResult(r2, payload, key, input, optin, optout)));
      } else {
        handlePropertyResult(r, payload, key, input, optin, optout);
      }
    }
    if (!catchall) {
      return proms.length ? Promise.all(proms).then(() => payload) : payload;
    }
    return handleCatchall(proms, input, payload, ctx, _normalized.value, inst, abortEarly === true);
  };
});
function handleUnionResults(results, final, inst, ctx) {
  for (const result of results) {
    if (result.issues.length === 0) {
      final.value = result.value;
      return final;
    }
  }
  const nonaborted = results.filter((r) => !aborted(r));
  if (nonaborted.length === 1) {
    final.value = nonaborted[0].value;
    return nonaborted[0];
  }
  final.issues.push({
    code: "invalid_union",
    input: final.value,
    inst,
    errors: results.map((result) => result.issues.map((iss) => finalizeIssue(iss, ctx, config())))
  });
  return final;
}
var $ZodUnion = /* @__PURE__ */ $constructor("$ZodUnion", (inst, def) => {
  $ZodType.init(inst, def);
  defineLazyInternal(inst, "optin", (zod) => zod.def.options.some((o) => o._zod.optin === "defaulted") ? "defaulted" : zod.def.options.some((o) => o._zod.optin !== void 0) ? "optional" : void 0);
  defineLazyInternal(inst, "optout", (zod) => zod.def.options.some((o) => o._zod.optout === "optional") ? "optional" : void 0);
  defineLazyInternal(inst, "values", (zod) => {
    if (zod.def.options.every((o) => o._zod.values)) {
      return new Set(zod.def.options.flatMap((option) => Array.from(option._zod.values)));
    }
    return void 0;
  });
  defineLazyInternal(inst, "pattern", (zod) => {
    if (zod.def.options.every((o) => o._zod.pattern)) {
      const patterns = zod.def.options.map((o) => o._zod.pattern);
      return new RegExp(`^(${patterns.map((p) => cleanRegex(p.source)).join("|")})$`);
    }
    return void 0;
  });
  const first = def.options.length === 1 ? def.options[0]._zod.run : null;
  inst._zod.parse = (payload, ctx) => {
    if (first) {
      return first(payload, ctx);
    }
    let async = false;
    const results = [];
    for (const option of def.options) {
      const result = option._zod.run({
        value: payload.value,
        issues: []
      }, ctx);
      if (result instanceof Promise) {
        results.push(result);
        async = true;
      } else {
        if (result.issues.length === 0)
          return result;
        results.push(result);
      }
    }
    if (!async)
      return handleUnionResults(results, payload, inst, ctx);
    return Promise.all(results).then((results2) => {
      return handleUnionResults(results2, payload, inst, ctx);
    });
  };
});
function discriminatorMap(def) {
  const map = /* @__PURE__ */ new Map();
  for (const option of def.options) {
    const values = option._zod.propValues?.[def.discriminator];
    if (!values || values.size === 0)
      throw new Error(`Invalid discriminated union option at index "${def.options.indexOf(option)}"`);
    for (const value of values) {
      if (map.has(value)) {
        if (value !== void 0)
          throw new Error(`Duplicate discriminator value "${String(value)}"`);
        map.set(value, null);
      } else {
        map.set(value, option);
      }
    }
  }
  return map;
}
var $ZodDiscriminatedUnion = /* @__PURE__ */ $constructor("$ZodDiscriminatedUnion", (inst, def) => {
  def.inclusive = false;
  $ZodUnion.init(inst, def);
  const _super = inst._zod.parse;
  defineLazyInternal(inst, "propValues", (zod) => {
    const propValues = {};
    let undefinedCount = 0;
    for (const option of zod.def.options) {
      const pv = option._zod.propValues;
      if (!pv || Object.keys(pv).length === 0)
        throw new Error(`Invalid discriminated union option at index "${zod.def.options.indexOf(option)}"`);
      if (pv[zod.def.discriminator]?.has(void 0))
        undefinedCount++;
      for (const [k, v] of Object.entries(pv)) {
        if (!Object.prototype.hasOwnProperty.call(propValues, k)) {
          assignProp(propValues, k, /* @__PURE__ */ new Set());
        }
        for (const val of v) {
          propValues[k].add(val);
        }
      }
    }
    if (!zod.def.unionFallback && undefinedCount > 1)
      propValues[zod.def.discriminator]?.delete(void 0);
    return propValues;
  });
  def.options.forEach((option, i) => {
    const propShape = rawShape(option._zod.def);
    if (propShape && !Object.prototype.hasOwnProperty.call(propShape, def.discriminator)) {
      throw new Error(`Invalid discriminated union option at index "${i}"`);
    }
  });
  const disc = cached(() => discriminatorMap(def));
  inst._zod.parse = (payload, ctx) => {
    const input = payload.value;
    if (!isObject(input)) {
      payload.issues.push({
        code: "invalid_type",
        expected: "object",
        input,
        inst
      });
      return payload;
    }
    const value = input?.[def.discriminator];
    const opt = disc.value.get(value);
    if (opt && (value !== void 0 || ctx.direction !== "backward")) {
      return opt._zod.run(payload, ctx);
    }
    if (def.unionFallback || ctx.direction === "backward") {
      return _super(payload, ctx);
    }
    payload.issues.push({
      code: "invalid_union",
      errors: [],
      note: "No matching discriminator",
      discriminator: def.discriminator,
      options: Array.from(disc.value.keys()).filter((value2) => disc.value.get(value2) !== null),
      input,
      path: [def.discriminator],
      inst
    });
    return payload;
  };
});
var $ZodRecord = /* @__PURE__ */ $constructor("$ZodRecord", (inst, def) => {
  $ZodType.init(inst, def);
  const memo = globalConfig.memoizer;
  memo?.attach(inst);
  inst._zod.parse = (payload, ctx) => {
    const input = payload.value;
    if (!isPlainObject(input)) {
      payload.issues.push({
        expected: "record",
        code: "invalid_type",
        input,
        inst
      });
      return payload;
    }
    const proms = [];
    const values = def.keyType._zod.values;
    if (values && !def.partial) {
      payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
      const recordKeys = /* @__PURE__ */ new Set();
      for (const key of values) {
        if (typeof key === "string" || typeof key === "number" || typeof key === "symbol") {
          recordKeys.add(typeof key === "number" ? key.toString() : key);
          if (key === "__proto__")
            continue;
          const keyResult = def.keyType._zod.run({ value: key, issues: [] }, ctx);
          if (keyResult instanceof Promise) {
            throw new Error("Async schemas not supported in object keys currently");
          }
          if (keyResult.issues.length) {
            payload.issues.push({
              code: "invalid_key",
              origin: "record",
              issues: keyResult.issues.map((iss) => finalizeIssue(iss, ctx, config())),
              input: key,
              path: [key],
              inst
            });
            continue;
          }
          const outKey = keyResult.value;
          if (outKey === "__proto__")
            continue;
          const result = def.valueType._zod.run({ value: input[key], issues: [] }, ctx);
          if (result instanceof Promise) {
            proms.push(result.then((result2) => {
              if (result2.issues.length) {
                payload.issues.push(...prefixIssues(key, result2.issues));
              }
              payload.value[outKey] = result2.value;
            }));
          } else {
            if (result.issues.length) {
              payload.issues.push(...prefixIssues(key, result.issues));
            }
            payload.value[outKey] = result.value;
          }
        }
      }
      let unrecognized;
      for (const key in input) {
        if (!recordKeys.has(key)) {
          if (def.mode === "loose") {
            if (key === "__proto__")
              continue;
            payload.value[key] = input[key];
          } else {
            unrecognized = unrecognized ?? [];
            unrecognized.push(key);
          }
        }
      }
      if (unrecognized && unrecognized.length > 0) {
        payload.issues.push({
          code: "unrecognized_keys",
          input,
          inst,
          keys: unrecognized,
          continue: true
        });
      }
    } else {
      payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
      let unrecognized;
      for (const key of Reflect.ownKeys(input)) {
        if (key === "__proto__")
          continue;
        if (!Object.prototype.propertyIsEnumerable.call(input, key))
          continue;
        let keyResult = def.keyType._zod.run({ value: key, issues: [] }, ctx);
        if (keyResult instanceof Promise) {
          throw new Error("Async schemas not supported in object keys currently");
        }
        const checkNumericKey = typeof key === "string" && number.test(key) && keyResult.issues.length;
        if (checkNumericKey) {
          const retryResult = def.keyType._zod.run({ value: Number(key), issues: [] }, ctx);
          if (retryResult instanceof Promise) {
            throw new Error("Async schemas not supported in object keys currently");
          }
          if (retryResult.issues.length === 0) {
            keyResult = retryResult;
          }
        }
        if (keyResult.issues.length) {
          if (def.mode === "loose") {
            payload.value[key] = input[key];
          } else if (values) {
            unrecognized = unrecognized ?? [];
            unrecognized.push(key);
          } else {
            payload.issues.push({
              code: "invalid_key",
              origin: "record",
              issues: keyResult.issues.map((iss) => finalizeIssue(iss, ctx, config())),
              input: key,
              path: [key],
              inst
            });
          }
          continue;
        }
        const outKey = keyResult.value;
        if (outKey === "__proto__")
          continue;
        const result = def.valueType._zod.run({ value: input[key], issues: [] }, ctx);
        if (result instanceof Promise) {
          proms.push(result.then((result2) => {
            if (result2.issues.length) {
              payload.issues.push(...prefixIssues(key, result2.issues));
            }
            payload.value[outKey] = result2.value;
          }));
        } else {
          if (result.issues.length) {
            payload.issues.push(...prefixIssues(key, result.issues));
          }
          payload.value[outKey] = result.value;
        }
      }
      if (unrecognized && unrecognized.length > 0) {
        payload.issues.push({
          code: "unrecognized_keys",
          input,
          inst,
          keys: unrecognized,
          continue: true
        });
      }
    }
    if (proms.length) {
      return Promise.all(proms).then(() => payload);
    }
    return payload;
  };
});
var $ZodEnum = /* @__PURE__ */ $constructor("$ZodEnum", (inst, def) => {
  $ZodType.init(inst, def);
  const values = getEnumValues(def.entries);
  const valuesSet = new Set(values);
  inst._zod.values = valuesSet;
  defineLazyInternal(inst, "pattern", (zod) => {
    const patternValues = getEnumValues(zod.def.entries).filter((k) => propertyKeyTypes.has(typeof k));
    return new RegExp(patternValues.length ? `^(${patternValues.map((o) => escapeRegex(o.toString())).join("|")})$` : "^[^\\s\\S]$");
  });
  inst._zod.parse = (payload, _ctx) => {
    const input = payload.value;
    if (valuesSet.has(input)) {
      return payload;
    }
    payload.issues.push({
      code: "invalid_value",
      values,
      input,
      inst
    });
    return payload;
  };
});
var $ZodLiteral = /* @__PURE__ */ $constructor("$ZodLiteral", (inst, def) => {
  $ZodType.init(inst, def);
  const values = new Set(def.values);
  inst._zod.values = values;
  defineLazyInternal(inst, "pattern", (zod) => {
    const vals = zod.def.values;
    return new RegExp(vals.length ? `^(${vals.map((o) => typeof o === "string" ? escapeRegex(o) : o ? escapeRegex(o.toString()) : String(o)).join("|")})$` : "^[^\\s\\S]$");
  });
  inst._zod.parse = (payload, _ctx) => {
    const input = payload.value;
    if (values.has(input)) {
      return payload;
    }
    payload.issues.push({
      code: "invalid_value",
      values: def.values,
      input,
      inst
    });
    return payload;
  };
});
function handleOptionalResult(payload, result) {
  payload.value = result.issues.length ? void 0 : result.value;
  return payload;
}
var $ZodOptional = /* @__PURE__ */ $constructor("$ZodOptional", (inst, def) => {
  $ZodType.init(inst, def);
  defineLazyInternal(inst, "optin", (zod) => zod.def.innerType._zod.optin === "defaulted" ? "defaulted" : "optional");
  inst._zod.optout = "optional";
  defineLazyInternal(inst, "values", (zod) => {
    const values = zod.def.innerType._zod.values;
    return values ? /* @__PURE__ */ new Set([...values, void 0]) : void 0;
  });
  defineLazyInternal(inst, "pattern", (zod) => {
    const pattern = zod.def.innerType._zod.pattern;
    return pattern ? new RegExp(`^(${cleanRegex(pattern.source)})?$`) : void 0;
  });
  inst._zod.parse = (payload, ctx) => {
    if (payload.value === void 0) {
      if (def.innerType._zod.optin !== "defaulted")
        return payload;
      const result = def.innerType._zod.run({ value: payload.value, issues: [] }, ctx);
      if (result instanceof Promise)
        return result.then((result2) => handleOptionalResult(payload, result2));
      return handleOptionalResult(payload, result);
    }
    return def.innerType._zod.run(payload, ctx);
  };
});
var $ZodNullable = /* @__PURE__ */ $constructor("$ZodNullable", (inst, def) => {
  $ZodType.init(inst, def);
  defineLazyInternal(inst, "optin", (zod) => zod.def.innerType._zod.optin);
  defineLazyInternal(inst, "optout", (zod) => zod.def.innerType._zod.optout);
  defineLazyInternal(inst, "pattern", (zod) => {
    const pattern = zod.def.innerType._zod.pattern;
    return pattern ? new RegExp(`^(${cleanRegex(pattern.source)}|null)$`) : void 0;
  });
  defineLazyInternal(inst, "values", (zod) => {
    return zod.def.innerType._zod.values ? /* @__PURE__ */ new Set([...zod.def.innerType._zod.values, null]) : void 0;
  });
  inst._zod.parse = (payload, ctx) => {
    if (payload.value === null)
      return payload;
    return def.innerType._zod.run(payload, ctx);
  };
});
var $ZodCustom = /* @__PURE__ */ $constructor("$ZodCustom", (inst, def) => {
  $ZodCheck.init(inst, def);
  $ZodType.init(inst, def);
  inst._zod.parse = (payload, _) => {
    return payload;
  };
  inst._zod.check = (payload) => {
    const input = payload.value;
    const r = def.fn(input);
    if (r instanceof Promise) {
      return r.then((r2) => handleRefineResult(r2, payload, input, inst));
    }
    handleRefineResult(r, payload, input, inst);
    return;
  };
});
function handleRefineResult(result, payload, input, inst) {
  if (!result) {
    const _iss = {
      code: "custom",
      input,
      inst,
      // incorporates params.error into issue reporting
      path: [...inst._zod.def.path ?? []],
      // incorporates params.error into issue reporting
      continue: !inst._zod.def.abort
      // params: inst._zod.def.params,
    };
    if (inst._zod.def.params)
      _iss.params = inst._zod.def.params;
    payload.issues.push(issue(_iss));
  }
}

// node_modules/zod/v4/core/api.js
function snapshotChecks(def) {
  if (def.checks)
    def.checks = [...def.checks];
  return def;
}
// @__NO_SIDE_EFFECTS__
function _string(Class, params) {
  return new Class(snapshotChecks({ type: "string", ...normalizeParams(params) }));
}
// @__NO_SIDE_EFFECTS__
function _number(Class, params) {
  return new Class(snapshotChecks({ type: "number", checks: [], ...normalizeParams(params) }));
}
// @__NO_SIDE_EFFECTS__
function _int(Class, params) {
  return new Class({
    type: "number",
    check: "number_format",
    abort: false,
    format: "safeint",
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _boolean(Class, params) {
  return new Class({
    type: "boolean",
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _unknown(Class) {
  return new Class({
    type: "unknown"
  });
}
// @__NO_SIDE_EFFECTS__
function _void(Class, params) {
  return new Class({
    type: "void",
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _lte(value, params) {
  return new $ZodCheckLessThan({
    check: "less_than",
    ...normalizeParams(params),
    value,
    inclusive: true
  });
}
// @__NO_SIDE_EFFECTS__
function _gte(value, params) {
  return new $ZodCheckGreaterThan({
    check: "greater_than",
    ...normalizeParams(params),
    value,
    inclusive: true
  });
}
// @__NO_SIDE_EFFECTS__
function _nonnegative(params) {
  return /* @__PURE__ */ _gte(0, params);
}
// @__NO_SIDE_EFFECTS__
function _regex(pattern, params) {
  return new $ZodCheckRegex({
    check: "string_format",
    format: "regex",
    ...normalizeParams(params),
    pattern
  });
}
// @__NO_SIDE_EFFECTS__
function _custom(Class, fn, _params) {
  const norm = normalizeParams(_params);
  norm.abort ?? (norm.abort = true);
  const schema = new Class({
    type: "custom",
    check: "custom",
    fn,
    ...norm
  });
  return schema;
}
// @__NO_SIDE_EFFECTS__
function _refine(Class, fn, _params) {
  const schema = new Class({
    type: "custom",
    check: "custom",
    fn,
    ...normalizeParams(_params)
  });
  return schema;
}

// node_modules/zod/v4/mini/schemas.js
var ZodMiniType = /* @__PURE__ */ $constructor("ZodMiniType", (inst, def) => {
  if (!inst._zod)
    throw new Error("Uninitialized schema in ZodMiniType.");
  $ZodType.init(inst, def);
  inst.def = def;
  inst.type = def.type;
}, {
  // `with` is an alias for `check`: the same function object, not a wrapper.
  get with() {
    return this.check;
  },
  set with(value) {
    own(this, "with", value);
  },
  parse(data2, params) {
    return parse(this, data2, params, { callee: this.parse });
  },
  parseAsync(data2, params) {
    return parseAsync(this, data2, params, { callee: this.parseAsync });
  },
  safeParse(data2, params) {
    return safeParse(this, data2, params);
  },
  safeParseAsync(data2, params) {
    return safeParseAsync(this, data2, params);
  },
  check(...checks) {
    const def = this.def;
    return this.clone({
      ...def,
      checks: [
        ...def.checks ?? [],
        ...checks.map((ch) => typeof ch === "function" ? { _zod: { check: ch, def: { check: "custom" }, onattach: [] } } : ch)
      ]
    }, { parent: true });
  },
  clone(_def, params) {
    return clone(this, _def, params);
  },
  brand() {
    return this;
  },
  register(reg, meta2) {
    reg.add(this, meta2);
    return this;
  },
  apply(fn, ...args) {
    return args.length === 0 ? fn(this) : fn(this, ...args);
  }
});
var ZodMiniString = /* @__PURE__ */ $constructor("ZodMiniString", (inst, def) => {
  $ZodString.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function string2(params) {
  return _string(ZodMiniString, params);
}
var ZodMiniNumber = /* @__PURE__ */ $constructor("ZodMiniNumber", (inst, def) => {
  $ZodNumber.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function number2(params) {
  return _number(ZodMiniNumber, params);
}
var ZodMiniNumberFormat = /* @__PURE__ */ $constructor("ZodMiniNumberFormat", (inst, def) => {
  $ZodNumberFormat.init(inst, def);
  ZodMiniNumber.init(inst, def);
});
function int(params) {
  return _int(ZodMiniNumberFormat, params);
}
var ZodMiniBoolean = /* @__PURE__ */ $constructor("ZodMiniBoolean", (inst, def) => {
  $ZodBoolean.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function boolean2(params) {
  return _boolean(ZodMiniBoolean, params);
}
var ZodMiniUnknown = /* @__PURE__ */ $constructor("ZodMiniUnknown", (inst, def) => {
  $ZodUnknown.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function unknown() {
  return _unknown(ZodMiniUnknown);
}
var ZodMiniVoid = /* @__PURE__ */ $constructor("ZodMiniVoid", (inst, def) => {
  $ZodVoid.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function _void2(params) {
  return _void(ZodMiniVoid, params);
}
var ZodMiniArray = /* @__PURE__ */ $constructor("ZodMiniArray", (inst, def) => {
  $ZodArray.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function array(element, params) {
  return new ZodMiniArray({
    type: "array",
    element,
    ...normalizeParams(params)
  });
}
var ZodMiniObject = /* @__PURE__ */ $constructor("ZodMiniObject", (inst, def) => {
  $ZodObject.init(inst, def);
  ZodMiniType.init(inst, def);
  installLazyProp(inst, "shape", (self) => self._zod.def.shape, false);
});
// @__NO_SIDE_EFFECTS__
function object(shape, params) {
  const def = {
    type: "object",
    shape: shape ?? {},
    ...normalizeParams(params)
  };
  return new ZodMiniObject(def);
}
// @__NO_SIDE_EFFECTS__
function looseObject(shape, params) {
  return new ZodMiniObject({
    type: "object",
    shape,
    catchall: /* @__PURE__ */ unknown(),
    ...normalizeParams(params)
  });
}
var ZodMiniDiscriminatedUnion = /* @__PURE__ */ $constructor("ZodMiniDiscriminatedUnion", (inst, def) => {
  $ZodDiscriminatedUnion.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function discriminatedUnion(discriminator, options, params) {
  return new ZodMiniDiscriminatedUnion({
    type: "union",
    options,
    discriminator,
    ...normalizeParams(params)
  });
}
var ZodMiniRecord = /* @__PURE__ */ $constructor("ZodMiniRecord", (inst, def) => {
  $ZodRecord.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function record(keyType, valueType, params) {
  if (!valueType || !valueType._zod) {
    return new ZodMiniRecord({
      type: "record",
      keyType: /* @__PURE__ */ string2(),
      valueType: keyType,
      ...normalizeParams(valueType)
    });
  }
  return new ZodMiniRecord({
    type: "record",
    keyType,
    valueType,
    ...normalizeParams(params)
  });
}
var ZodMiniEnum = /* @__PURE__ */ $constructor("ZodMiniEnum", (inst, def) => {
  $ZodEnum.init(inst, def);
  ZodMiniType.init(inst, def);
  inst.options = [...inst._zod.values];
});
// @__NO_SIDE_EFFECTS__
function _enum(values, params) {
  const entries = Array.isArray(values) ? Object.fromEntries(values.map((v) => [v, v])) : values;
  return new ZodMiniEnum({
    type: "enum",
    entries,
    ...normalizeParams(params)
  });
}
var ZodMiniLiteral = /* @__PURE__ */ $constructor("ZodMiniLiteral", (inst, def) => {
  $ZodLiteral.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function literal(value, params) {
  return new ZodMiniLiteral({
    type: "literal",
    values: Array.isArray(value) ? value : [value],
    ...normalizeParams(params)
  });
}
var ZodMiniOptional = /* @__PURE__ */ $constructor("ZodMiniOptional", (inst, def) => {
  $ZodOptional.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function optional(innerType) {
  return new ZodMiniOptional({
    type: "optional",
    innerType
  });
}
var ZodMiniNullable = /* @__PURE__ */ $constructor("ZodMiniNullable", (inst, def) => {
  $ZodNullable.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function nullable(innerType) {
  return new ZodMiniNullable({
    type: "nullable",
    innerType
  });
}
var ZodMiniCustom = /* @__PURE__ */ $constructor("ZodMiniCustom", (inst, def) => {
  $ZodCustom.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function custom(fn, _params) {
  return _custom(ZodMiniCustom, fn ?? (() => true), _params);
}
// @__NO_SIDE_EFFECTS__
function refine(fn, _params = {}) {
  return _refine(ZodMiniCustom, fn, _params);
}

// packages/core/src/gang/channel/wire.ts
var bytes = custom((value) => value instanceof Uint8Array);
var count = number2().check(int(), _nonnegative());
var refusalReasons = ["duplicate", "late", "stale", "impostor"];
var proof = object({ t: literal("proof"), signature: bytes });
var hello = object({
  t: literal("hello"),
  attempt: string2(),
  index: count,
  incarnation: string2(),
  session: bytes.check(refine((value) => value.length === 32)),
  received: count
});
var welcome = object({ t: literal("welcome"), received: count, heartbeatMs: count, leaseMs: count });
var refuse2 = object({ t: literal("refuse"), reason: _enum(refusalReasons), message: string2() });
var data = object({ t: literal("data"), seq: count, ack: count, body: bytes });
var beat = object({ t: literal("beat"), ack: count });
var end = object({ t: literal("end") });
var workerFrame = discriminatedUnion("t", [hello, data, beat, end]);
var controlFrame = discriminatedUnion("t", [proof, welcome, refuse2, data, beat, end]);

// packages/core/src/gang/channel/methods.ts
var nothing = _void2();
var text = string2();
var facts = record(string2(), unknown());
var environment = record(string2(), string2());
var exitCode = nullable(number2());
var signalName = nullable(string2());
var outputStream = _enum(["stdout", "stderr"]);
var port = number2().check(int(), _gte(1), _lte(65535));
var milliseconds = number2().check(_nonnegative());
var outcome = _enum(["ok", "user-error", "system-error", "preempted", "timeout", "lost", "cancelled"]);
var rosterEntries = custom((value) => Array.isArray(value) && value.every(isRosterEntry));
function isRosterEntry(value) {
  if (typeof value !== "object" || value === null) return false;
  const { index, name, address, slots, facts: facts2 } = value;
  return typeof index === "number" && typeof name === "string" && typeof address === "string" && typeof slots === "number" && typeof facts2 === "object" && facts2 !== null;
}
var nodeCertificate = object({ address: text, port, fingerprint: text.check(_regex(/^[0-9a-f]{64}$/u)) });
var serializedError = looseObject({ name: text, message: text });
var artifact = object({
  hash: text.check(_regex(/^[0-9a-f]{64}$/u)),
  encoding: _enum(["json", "bytes", "v8", "file", "dir"]),
  size: count,
  type: optional(text)
});
var transition = object({
  targets: array(text),
  numParallel: optional(number2()),
  foreach: optional(object({ field: text, size: count }))
});
var endReport = object({
  what: text,
  rank: optional(count),
  exitCode: optional(exitCode),
  signal: optional(signalName),
  excerpt: text
});
var rankEvent = object({
  launch: text,
  rank: count,
  /** Milliseconds since it happened, by the sender's monotonic clock. */
  ageMs: milliseconds,
  pid: optional(count),
  exitCode: optional(exitCode),
  signal: optional(signalName),
  stderr: optional(text)
});
var controlMethods = {
  /** Enters the gang's barrier. Answered when it was taken note of; the roster follows as a call of control. */
  join: { params: object({ slots: count, address: text, facts }), result: nothing },
  publish: { params: object({ facts }), result: nothing },
  /** Answered when every node entered the barrier of this name. */
  barrier: { params: object({ name: text }), result: nothing },
  /** Where node `of` takes links; control asks it if it does not know yet. */
  certificate: { params: object({ of: count }), result: nodeCertificate },
  bodyDone: { params: object({ artifacts: record(string2(), artifact), transition: optional(transition) }), result: nothing },
  failed: {
    params: object({ end: endReport, outcome, ageMs: milliseconds, error: optional(serializedError) }),
    result: nothing
  },
  ranks: { params: object({ events: array(rankEvent) }), result: nothing },
  daemonOutput: { params: object({ launch: text, id: count, stream: outputStream, bytes }), result: nothing },
  daemonExit: { params: object({ launch: text, id: count, exitCode, signal: signalName, stderr: optional(text) }), result: nothing },
  execOutput: { params: object({ id: text, stream: outputStream, bytes }), result: nothing },
  serviceEnded: { params: object({ name: text, exitCode, signal: signalName, excerpt: text, ageMs: milliseconds }), result: nothing },
  warning: { params: object({ message: text }), result: nothing }
};
var workerMethods = {
  roster: { params: object({ entries: rosterEntries }), result: nothing },
  /** Facts that node `node` published; each node hears every node's, in the order in which control got them. */
  facts: { params: object({ node: count, facts }), result: nothing },
  launchOpen: {
    params: object({
      launch: text,
      env: environment,
      /** By path relative to the launch's directory. */
      files: optional(array(object({ path: text, bytes, mode: optional(count) }))),
      input: optional(bytes)
    }),
    result: nothing
  },
  launchClose: { params: object({ launch: text }), result: nothing },
  /** Starts a launcher's daemon: `command` is for `sh -c`. */
  daemonStart: { params: object({ launch: text, id: count, command: text, env: optional(environment) }), result: object({ pid: count }) },
  daemonSignal: { params: object({ launch: text, id: count, signal: text }), result: nothing },
  daemonInput: { params: object({ launch: text, id: count, bytes }), result: nothing },
  daemonEof: { params: object({ launch: text, id: count }), result: nothing },
  /** Runs a program to its end; aborting the call ends the program. */
  exec: {
    params: object({
      id: text,
      command: array(text),
      cwd: optional(text),
      env: optional(record(string2(), optional(text))),
      timeout: optional(milliseconds),
      input: optional(bytes),
      /** Send the output as it comes (`execOutput`), not only its end in the result. */
      output: optional(boolean2())
    }),
    result: object({
      exitCode,
      signal: signalName,
      durationMs: milliseconds,
      timedOut: boolean2(),
      isCanceled: boolean2(),
      stdout: text,
      stderr: text,
      output: optional(unknown())
    })
  },
  /** Makes the node's certificate if it has none, and opens its port for links. */
  certificate: { params: object({}), result: nodeCertificate },
  /** Takes part in a broadcast: from whom it comes, and whom to hand it on to. */
  broadcastReceive: {
    params: object({ id: text, path: text, from: count, parents: array(count) }),
    result: object({ sha256: text, bytes: count })
  },
  stop: { params: object({ reason: text, graceMs: milliseconds }), result: nothing },
  /** The gang is over; clean up. */
  release: { params: object({ outcome }), result: nothing }
};

// packages/core/src/gang/channel/rpc.ts
import { deflateRawSync, inflateRawSync } from "node:zlib";
var message = discriminatedUnion("k", [
  object({ k: literal("tell"), m: string2(), p: unknown() }),
  object({ k: literal("call"), id: count, m: string2(), p: unknown() }),
  object({ k: literal("result"), id: count, v: unknown() }),
  object({ k: literal("error"), id: count, e: looseObject({ name: string2(), message: string2() }) }),
  object({ k: literal("cancel"), id: count })
]);
function packTell(method, params) {
  return encode3({ k: "tell", m: method, p: params });
}
var PLAIN = 0;
var DEFLATED = 1;
var DEFLATE_FROM_BYTES = 8 * 1024;
function encode3(said) {
  const packed = packMessage(said);
  if (packed.length < DEFLATE_FROM_BYTES) return Buffer.concat([Buffer.of(PLAIN), packed]);
  const deflated = deflateRawSync(packed, { level: 1 });
  return deflated.length < packed.length * 0.8 ? Buffer.concat([Buffer.of(DEFLATED), deflated]) : Buffer.concat([Buffer.of(PLAIN), packed]);
}
function decode3(body) {
  if (body[0] === PLAIN) return unpackMessage(body.subarray(1));
  if (body[0] !== DEFLATED) throw violation("a message of unknown encoding");
  try {
    return unpackMessage(inflateRawSync(body.subarray(1), { maxOutputLength: MAX_FRAME_BYTES }));
  } catch (cause) {
    throw violation("a message that cannot be inflated", cause);
  }
}
var Rpc = class {
  #serves;
  #theirs;
  #handlers;
  #from;
  #send;
  #onHandlerError;
  #waiting = /* @__PURE__ */ new Map();
  #running = /* @__PURE__ */ new Map();
  #closed = new AbortController();
  #lastId = 0;
  constructor(options) {
    this.#serves = options.serves;
    this.#theirs = options.theirs;
    this.#handlers = options.handlers;
    this.#from = options.from;
    this.#send = options.send;
    this.#onHandlerError = options.onHandlerError;
  }
  tell(method, params) {
    if (this.#closed.signal.aborted) return false;
    return this.#send(packTell(method, params));
  }
  call(method, params, options = {}) {
    const closed = this.#closed.signal;
    if (closed.aborted) return Promise.reject(closed.reason);
    const id = ++this.#lastId;
    const { timeout, signal } = options;
    return new Promise((resolve, reject) => {
      const giveUp = (error) => {
        if (!this.#waiting.has(id)) return;
        settle();
        this.#post({ k: "cancel", id });
        reject(error);
      };
      const onAbort = () => giveUp(signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason)));
      const timer = timeout === void 0 ? void 0 : setTimeout(() => giveUp(callTimeout(method, timeout)), timeout);
      const settle = () => {
        this.#waiting.delete(id);
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      this.#waiting.set(id, {
        method,
        // Its shape was checked against the method's schema when it arrived.
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (error) => {
          settle();
          reject(error);
        }
      });
      if (signal?.aborted === true) onAbort();
      else {
        signal?.addEventListener("abort", onAbort, { once: true });
        this.#send(encode3({ k: "call", id, m: method, p: params }));
      }
    });
  }
  /** One message from the other side. Throws `FLOW_GANG_CHANNEL_VIOLATION` for what that side may not say. */
  receive(body) {
    const read2 = message.safeParse(decode3(body));
    if (!read2.success) throw violation("a message of unknown shape", read2.error);
    const said = read2.data;
    switch (said.k) {
      case "tell": {
        const run = this.#prepare(said.m, said.p);
        void run(this.#closed.signal).catch((error) => this.#onHandlerError(error, said.m));
        return;
      }
      case "call":
        return this.#serve(said.id, this.#prepare(said.m, said.p));
      case "cancel": {
        this.#running.get(said.id)?.abort(new Error("the caller gave up"));
        return;
      }
      case "error": {
        this.#waiting.get(said.id)?.reject(deserializeError(said.e));
        return;
      }
      case "result": {
        const waiting = this.#waiting.get(said.id);
        if (waiting === void 0) return;
        const value = this.#theirs[waiting.method].result.safeParse(said.v);
        if (!value.success) throw violation(`the answer to '${waiting.method}' has the wrong shape`, value.error);
        waiting.resolve(value.data);
      }
    }
  }
  /** Ends every wait with this error. */
  close(error) {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(error);
    for (const waiting of [...this.#waiting.values()]) waiting.reject(error);
    for (const running of this.#running.values()) running.abort(error);
  }
  #prepare(method, params) {
    const known = Object.hasOwn(this.#serves, method) ? this.#serves[method] : void 0;
    if (known === void 0) throw violation(`it called '${printable(method)}', which it may not`);
    const read2 = known.params.safeParse(params);
    if (!read2.success) throw violation(`'${method}' was called with parameters of the wrong shape`, read2.error);
    const handler = this.#handlers[method];
    return async (signal) => handler(read2.data, this.#from, signal);
  }
  #serve(id, run) {
    if (this.#running.has(id)) throw violation(`two calls have the number ${id}`);
    const controller = new AbortController();
    this.#running.set(id, controller);
    void run(controller.signal).then(
      (v) => this.#post({ k: "result", id, v }),
      (error) => this.#post({ k: "error", id, e: { ...serializeError(error) } })
    ).finally(() => this.#running.delete(id));
  }
  #post(said) {
    if (!this.#closed.signal.aborted) this.#send(encode3(said));
  }
};
function callTimeout(method, timeout) {
  return new FlowError("FLOW_GANG_CALL_TIMEOUT", {
    message: `The other node did not answer '${method}' within ${timeout} ms.`,
    why: "It is busy or stopped, or what it was asked for takes longer.",
    fix: "Give the operation a longer timeout, or look at that node's log.",
    details: { method, timeout }
  });
}
function printable(text2) {
  return JSON.stringify(text2.slice(0, 64)).slice(1, -1);
}

// packages/core/src/gang/channel/session.ts
var Session = class {
  #delivery = new Delivery();
  #rpc;
  #now;
  #onFailure;
  #connection;
  #drainWaiters = [];
  #closed = false;
  /** When the other side was last heard, by our monotonic clock. */
  lastHeard;
  constructor(options) {
    this.#now = options.now;
    this.#onFailure = options.onFailure;
    this.lastHeard = options.now();
    this.#rpc = new Rpc({ ...options, send: (body) => this.sendBody(body) });
  }
  get received() {
    return this.#delivery.received;
  }
  get isConnected() {
    return this.#connection !== void 0;
  }
  /** Goes on over a new connection, whose other end has received everything up to `received`. */
  attach(connection, received) {
    const missed = this.#delivery.resumeAfter(received);
    this.lastHeard = this.#now();
    this.#connection = connection;
    for (const { seq, body } of missed) connection.send({ t: "data", seq, ack: this.#delivery.takeAck(), body });
  }
  /** The connection broke; it returns what was attached. */
  detach() {
    const connection = this.#connection;
    this.#connection = void 0;
    return connection;
  }
  /** Says something, without waiting. False when the other side falls behind: `await drained()` before more bulk. */
  tell(method, params) {
    return this.#rpc.tell(method, params);
  }
  call(method, params, options) {
    return this.#rpc.call(method, params, options);
  }
  sendBody(body) {
    if (this.#closed) return false;
    let seq;
    try {
      seq = this.#delivery.enqueue(body);
    } catch (error) {
      this.#onFailure(error);
      return false;
    }
    this.#connection?.send({ t: "data", seq, ack: this.#delivery.takeAck(), body });
    return this.#delivery.pendingBytes < SOFT_LIMIT_BYTES;
  }
  /** Resolves when the other side caught up, or the session ended. */
  drained() {
    if (this.#closed || this.#delivery.pendingBytes < SOFT_LIMIT_BYTES) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }
  beat() {
    this.#connection?.send({ t: "beat", ack: this.#delivery.takeAck() });
  }
  /** A frame of an open session, from the connection that is attached. Throws `FLOW_GANG_CHANNEL_VIOLATION`. */
  receive(frame) {
    this.lastHeard = this.#now();
    this.#delivery.confirm(frame.ack);
    if (this.#drainWaiters.length > 0 && this.#delivery.pendingBytes < SOFT_LIMIT_BYTES) this.#wake();
    if (frame.t === "beat") return;
    if (!this.#delivery.accept(frame.seq, frame.body.length)) return;
    this.#rpc.receive(frame.body);
    if (this.#delivery.owesAck) this.beat();
  }
  /** Leaves on purpose: everything said before arrives first. */
  sayEnd() {
    this.#connection?.send({ t: "end" });
  }
  close(error) {
    if (this.#closed) return;
    this.#closed = true;
    this.#rpc.close(error);
    this.#wake();
  }
  #wake() {
    for (const wake of this.#drainWaiters.splice(0)) wake();
  }
};

// packages/core/src/gang/channel/tls.ts
import { constants } from "node:crypto";
import { createSecureContext } from "node:tls";
var channelTls = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
  ecdhCurve: "X25519",
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION
};
function connectionBinding(socket) {
  return socket.exportKeyingMaterial(32, "EXPORTER-flow-gang-channel", Buffer.alloc(0));
}
var context;
function clientContext() {
  context ??= createSecureContext(channelTls);
  return context;
}

// packages/core/src/gang/channel/client.ts
var FIRST_RETRY_MS = 20;
var LAST_RETRY_MS = 1e3;
var HALF_OPEN_HEARTBEATS = 2.2;
var ChannelClient = class extends EventEmitter {
  #options;
  #now;
  #secret = randomBytes2(32);
  #session;
  #state = "new";
  #heartbeatMs = 3e3;
  #leaseMs = 1e4;
  #clock;
  #timer;
  #retry;
  #retryMs = FIRST_RETRY_MS;
  #lastBeat = 0;
  #link;
  #first;
  constructor(options) {
    super();
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#session = new Session({
      serves: workerMethods,
      theirs: controlMethods,
      from: void 0,
      handlers: options.handlers,
      now: this.#now,
      onHandlerError: (error, method) => this.emit("handlerError", error, method),
      onFailure: (error) => this.#lose(error)
    });
  }
  /** True while there is a connection. */
  get isOpen() {
    return this.#state === "open";
  }
  /**
   * Connects. `FLOW_GANG_CONTROL_UNREACHABLE` when control does not answer in time, `FLOW_GANG_REFUSED` when it does
   * not want this node, `FLOW_GANG_CONTROL_NOT_TRUSTED` when it cannot prove that it is control.
   */
  connect() {
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject, until: this.#now() + (this.#options.connectTimeoutMs ?? 3e4) };
      this.#state = "connecting";
      this.#dial();
    });
  }
  /** Says something, without waiting. False when control falls behind: `await drained()` before more bulk. */
  tell(method, params) {
    return this.#session.tell(method, params);
  }
  /** Asks, and waits for the answer. Rejects with control's error, `FLOW_GANG_CALL_TIMEOUT`, or `FLOW_GANG_CONTROL_LOST`. */
  call(method, params, options) {
    return this.#session.call(method, params, options);
  }
  drained() {
    return this.#session.drained();
  }
  /** Leaves on purpose; what was said before arrives first. */
  async close() {
    if (this.#state === "closed") return;
    const link = this.#link;
    const left = controlLost("this node left");
    const wasOpen = this.#state === "open";
    this.#session.sayEnd();
    this.#finish(left);
    this.#first?.reject(left);
    if (!wasOpen) link?.destroy();
    if (link === void 0 || link.ended) return;
    await new Promise((resolve) => {
      const timer = setTimeout(() => link.destroy(), this.#heartbeatMs);
      link.onEnd(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
  async [Symbol.asyncDispose]() {
    await this.close();
  }
  #dial() {
    const { host, port: port2, identity, key } = this.#options;
    const socket = connect({
      host,
      port: port2,
      ...channelTls,
      secureContext: clientContext(),
      // With a pre-shared key there is no certificate; control's signature follows.
      checkServerIdentity: () => void 0,
      pskCallback: () => ({ psk: Buffer.from(key), identity: channelIdentity(identity) })
    });
    socket.setNoDelay(true);
    const link = new MessageStream(socket, socket, { parse: readFrame });
    this.#link = link;
    const patience = setTimeout(() => link.destroy(new Error("no answer")), this.#first === void 0 ? this.#leaseMs / 5 : this.#leaseMs);
    let stage = "proof";
    link.onMessage((frame) => {
      if (this.#link !== link || this.#state === "closed") {
        if (frame.t === "end") link.end();
        return;
      }
      try {
        if (stage === "proof" && frame.t === "proof") {
          this.#introduce(socket, link, frame.signature);
          stage = "welcome";
        } else if (stage === "welcome" && frame.t === "welcome") {
          stage = "open";
          clearTimeout(patience);
          this.#opened(link, frame);
        } else if (stage === "welcome" && frame.t === "refuse") {
          this.#lose(refused(frame.reason, frame.message));
        } else if (stage === "open") this.#received(link, frame);
        else throw violation(`control said '${frame.t}' out of turn`);
      } catch (error) {
        this.#lose(error);
      }
    });
    link.onEnd((error) => {
      clearTimeout(patience);
      socket.destroy();
      if (this.#link === link && this.#state !== "closed") this.#disconnected(error);
    });
  }
  #introduce(socket, link, signature) {
    const { controlPublicKey, identity } = this.#options;
    if (!isProvenBy(controlPublicKey, connectionBinding(socket), signature)) {
      throw new FlowError("FLOW_GANG_CONTROL_NOT_TRUSTED", {
        message: "What answered at control's address could not prove that it is control.",
        why: "Somebody holds this node's key and answers in control's place, or control was started anew.",
        fix: "Treat the network between the nodes as attacked; run again with new keys."
      });
    }
    link.send({ t: "hello", ...identity, session: this.#secret, received: this.#session.received });
  }
  #opened(link, { received, heartbeatMs, leaseMs }) {
    const isFirst = this.#first !== void 0;
    this.#heartbeatMs = heartbeatMs;
    this.#leaseMs = leaseMs;
    this.#retryMs = FIRST_RETRY_MS;
    this.#session.attach(link, received);
    this.#state = "open";
    this.#lastBeat = this.#now();
    if (this.#timer === void 0) {
      const intervalMs = tickInterval(heartbeatMs);
      this.#clock = new TickClock({ intervalMs, leaseMs, now: this.#now });
      this.#timer = setInterval(() => this.#tick(), intervalMs);
    }
    this.#first?.resolve();
    this.#first = void 0;
    if (!isFirst) this.emit("resumed");
  }
  #received(link, frame) {
    if (frame.t === "data" || frame.t === "beat") this.#session.receive(frame);
    else if (frame.t === "end") {
      this.#finish(controlLost("it ended the gang"));
      link.end();
      this.emit("ended");
    } else throw violation(`control said '${frame.t}' out of turn`);
  }
  #disconnected(error) {
    this.#session.detach();
    if (FlowError.is(error)) {
      this.#lose(error);
      return;
    }
    const code = error?.code ?? "";
    if (code === "ERR_SSL_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY" || code.includes("DECRYPT_ERROR") || code.includes("BAD_RECORD_MAC")) {
      this.#lose(refused("unknown", "control does not know this node's key"));
      return;
    }
    if (this.#first !== void 0) {
      if (this.#now() >= this.#first.until) {
        this.#lose(unreachable(this.#options, error));
        return;
      }
    } else if (this.#state === "open") {
      this.#state = "broken";
      this.emit("broken");
    }
    this.#retry = setTimeout(() => this.#dial(), this.#retryMs);
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
  }
  #tick() {
    const tick = this.#clock.tick();
    this.#session.lastHeard = credited(this.#session.lastHeard, tick);
    const silentMs = tick.now - this.#session.lastHeard;
    if (silentMs > this.#leaseMs) {
      this.#lose(controlLost(`nothing was heard of it for ${Math.round(silentMs)} ms`));
      return;
    }
    if (this.#state !== "open") return;
    if (silentMs > Math.min(HALF_OPEN_HEARTBEATS * this.#heartbeatMs, this.#leaseMs * 0.7)) {
      this.#link?.destroy(new Error("half open"));
      return;
    }
    if (tick.now - this.#lastBeat >= this.#heartbeatMs - tickInterval(this.#heartbeatMs) / 2) {
      this.#lastBeat = tick.now;
      this.#session.beat();
    }
  }
  #lose(error) {
    if (this.#state === "closed") return;
    const lost = FlowError.is(error) ? error : controlLost(error.message, error);
    const first = this.#first;
    this.#first = void 0;
    const link = this.#link;
    this.#finish(lost);
    link?.destroy();
    if (first === void 0) this.emit("lost", lost);
    else first.reject(lost);
  }
  #finish(error) {
    this.#state = "closed";
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    this.#secret.fill(0);
    this.#session.detach();
    this.#session.close(error);
  }
};
function readFrame(value) {
  const read2 = controlFrame.safeParse(value);
  if (!read2.success) throw violation("a frame of unknown shape", read2.error);
  return read2.data;
}
function controlLost(why, cause) {
  return new FlowError("FLOW_GANG_CONTROL_LOST", {
    message: `control (node 0) was lost: ${why}`,
    why: "Control ended or was stopped, or the network between it and this node is down.",
    fix: "Look at the log of node 0, and at the machine it ran on.",
    details: { node: 0 },
    cause
  });
}
function refused(reason, message2) {
  return new FlowError("FLOW_GANG_REFUSED", {
    message: `Control did not let this node in (${reason}): ${message2}.`,
    why: "The node was started twice or too late, or it belongs to another attempt.",
    fix: "Nothing, if another start of the node is in the gang; otherwise look for processes of an earlier attempt.",
    details: { reason }
  });
}
function unreachable({ host, port: port2, connectTimeoutMs }, cause) {
  return new FlowError("FLOW_GANG_CONTROL_UNREACHABLE", {
    message: `This node could not reach control at ${host}:${port2} within ${connectTimeoutMs ?? 3e4} ms.`,
    why: "Control ended, its address is not reachable from here, or a firewall is between them.",
    fix: "Check that nodes can open TCP connections to each other, and which address control gave.",
    details: { host, port: port2 },
    cause
  });
}

// packages/core/src/gang/channel/peer.ts
var Peer = class {
  index;
  incarnation;
  /** Address its connection came from. */
  remoteAddress;
  /** @internal */
  session;
  #secret;
  /** @internal */
  state = "open";
  /** @internal */
  constructor(options) {
    this.index = options.index;
    this.incarnation = options.incarnation;
    this.remoteAddress = options.remoteAddress;
    this.#secret = options.secret;
    this.session = new Session({
      serves: controlMethods,
      theirs: workerMethods,
      from: this,
      handlers: options.handlers,
      now: options.now,
      onHandlerError: options.onHandlerError,
      onFailure: options.onFailure
    });
  }
  get isGone() {
    return this.state === "gone";
  }
  /** Says something, without waiting. False when the node falls behind: `await drained()` before more bulk. */
  tell(method, params) {
    return this.session.tell(method, params);
  }
  /** Asks, and waits for the answer. Rejects with the worker's error, `FLOW_GANG_CALL_TIMEOUT`, or `FLOW_GANG_PEER_LOST`. */
  call(method, params, options) {
    return this.session.call(method, params, options);
  }
  drained() {
    return this.session.drained();
  }
  /** @internal True for the secret that this node gave when it first came. */
  knows(secret) {
    return isSameSecret(this.#secret, secret);
  }
};
function peerLost(index, why, cause) {
  return new FlowError("FLOW_GANG_PEER_LOST", {
    message: `node ${index} was lost: ${why}`,
    why: "The node ended, was stopped, or the network between it and control is down.",
    fix: "Look at that node's log, and at the machine it ran on.",
    details: { node: index },
    cause
  });
}

// packages/core/src/gang/channel/server.ts
import { EventEmitter as EventEmitter2, once } from "node:events";
import { createServer } from "node:tls";
var BACKLOG = 4096;
var MAX_IDENTITY_IN_LOG = 160;
var ChannelServer = class extends EventEmitter2 {
  #options;
  #heartbeatMs;
  #leaseMs;
  #now;
  #server;
  /** All connections, from before their handshake on. */
  #sockets = /* @__PURE__ */ new Set();
  /** Which connection speaks for a peer now: a late word of an older one is not listened to. */
  #links = /* @__PURE__ */ new WeakMap();
  #identities = /* @__PURE__ */ new WeakMap();
  /** By channel identity: a key has one peer for ever, gone or not. */
  #peers = /* @__PURE__ */ new Map();
  #byIndex = /* @__PURE__ */ new Map();
  #clock;
  #timer;
  #lastBeat;
  #entryClosed = false;
  #closing = false;
  constructor(options) {
    super();
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs ?? 3e3;
    this.#leaseMs = options.leaseMs ?? 1e4;
    this.#now = options.now ?? (() => performance.now());
    this.#lastBeat = this.#now();
    this.#clock = new TickClock({ intervalMs: tickInterval(this.#heartbeatMs), leaseMs: this.#leaseMs, now: this.#now });
    this.#server = createServer({
      ...channelTls,
      handshakeTimeout: this.#leaseMs,
      pskCallback: (socket, identity) => this.#lookUp(socket, identity)
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("secureConnection", (socket) => this.#welcome(socket));
    this.#server.on("tlsClientError", (error, socket) => this.#failedHandshake(error, socket));
  }
  /** Takes connections on this address. `port` 0: any free one. */
  async listen(host, port2 = 0) {
    this.#server.listen({ host, port: port2, backlog: BACKLOG });
    await once(this.#server, "listening");
    this.#timer = setInterval(() => this.#tick(), tickInterval(this.#heartbeatMs));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
    return { host, port: address.port };
  }
  /** Workers that are in, connected or within their lease, by index. */
  get peers() {
    return this.#byIndex;
  }
  peer(index) {
    return this.#byIndex.get(index);
  }
  /** Says something to every worker that is in; it is encoded once. */
  broadcast(method, params) {
    const body = packTell(method, params);
    for (const peer of this.#byIndex.values()) peer.session.sendBody(body);
  }
  /** At the barrier: from now on no key is taken that was not in before. */
  closeEntry() {
    this.#entryClosed = true;
  }
  /** A worker's end is known from elsewhere (its supervisor, the backend): do not wait for its lease. */
  drop(index, why) {
    const peer = this.#byIndex.get(index);
    if (peer !== void 0) this.#lose(peer, peerLost(index, why));
  }
  /** Tells every worker that this is the end, and closes. What was said before arrives first. */
  async close() {
    if (this.#closing) return;
    this.#closing = true;
    clearInterval(this.#timer);
    this.#server.close();
    for (const peer of [...this.#byIndex.values()]) {
      peer.session.sayEnd();
      const connection = peer.session.detach();
      this.#forget(peer);
      peer.session.close(peerLost(peer.index, "the gang is over"));
      connection?.end();
    }
    const open = [...this.#sockets];
    const timer = setTimeout(() => {
      for (const socket of open) socket.destroy();
    }, this.#heartbeatMs);
    await Promise.all(open.map((socket) => socket.destroyed ? void 0 : new Promise((resolve) => socket.once("close", resolve))));
    clearTimeout(timer);
  }
  async [Symbol.asyncDispose]() {
    await this.close();
  }
  #lookUp(socket, identity) {
    const key = this.#options.keys.get(identity);
    this.#identities.set(socket, identity);
    if (key !== void 0) return key;
    const claimed = parseChannelIdentity(identity);
    const stale = claimed !== void 0 && claimed.attempt !== this.#options.attempt;
    this.#refused(socket, stale ? "stale" : "unknown", stale ? "it belongs to another attempt" : "no such node is expected");
    return null;
  }
  #failedHandshake(error, socket) {
    socket.destroy();
    if (error.code === "ERR_SSL_PSK_IDENTITY_NOT_FOUND") return;
    this.#refused(socket, "handshake", error.code ?? error.message);
  }
  #refused(socket, reason, message2) {
    const identity = this.#identities.get(socket)?.replaceAll(/[^\x20-\x7e]/gu, "?").slice(0, MAX_IDENTITY_IN_LOG);
    this.emit("refused", { reason, identity, remoteAddress: socket.remoteAddress ?? "", message: message2 });
  }
  #welcome(socket) {
    const identity = parseChannelIdentity(this.#identities.get(socket) ?? "");
    if (identity === void 0 || this.#closing) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    const link = new MessageStream(socket, socket, { parse: (value) => readFrame2(value) });
    let peer;
    let wasRefused = false;
    const impatience = setTimeout(() => {
      if (!wasRefused) this.#refused(socket, "silent", "it did not say who it is");
      wasRefused = true;
      link.destroy();
    }, this.#leaseMs);
    link.onEnd((error) => {
      clearTimeout(impatience);
      socket.destroy();
      if (peer !== void 0) this.#disconnected(peer, link, error);
      else if (error !== void 0 && !wasRefused && !this.#closing) this.#refused(socket, "violation", error.message);
    });
    link.send({ t: "proof", signature: this.#options.identity.prove(connectionBinding(socket)) });
    link.onMessage((frame) => {
      if (peer !== void 0) {
        this.#received(peer, link, frame);
        return;
      }
      if (wasRefused) return;
      if (frame.t !== "hello") {
        link.destroy(violation("it spoke before it said who it is"));
        return;
      }
      peer = this.#admit(identity, frame, socket, link);
      wasRefused = peer === void 0;
      if (!wasRefused) clearTimeout(impatience);
    });
  }
  /** Lets a connection in, or refuses it. */
  #admit(identity, hello2, socket, link) {
    const refuse3 = (reason, message2) => {
      this.#refused(socket, reason, message2);
      link.send({ t: "refuse", reason, message: message2 });
      link.end();
    };
    if (hello2.attempt !== this.#options.attempt) return refuse3("stale", "it belongs to another attempt");
    if (hello2.index !== identity.index || hello2.incarnation !== identity.incarnation) {
      return refuse3("impostor", `it says node ${hello2.index}, its key is node ${identity.index}'s`);
    }
    const key = channelIdentity(identity);
    const known = this.#peers.get(key);
    if (known !== void 0) {
      if (!known.knows(hello2.session)) return refuse3("duplicate", "a node with this key is in already");
      if (known.isGone) return refuse3("late", "this node was given up");
      return this.#resume(known, hello2, link, refuse3);
    }
    if (hello2.received > 0) return refuse3("stale", "it wants to resume what control does not know");
    if (this.#entryClosed) return refuse3("late", "the gang is complete");
    if (this.#byIndex.has(identity.index)) return refuse3("duplicate", "another start of this node is in already");
    const peer = new Peer({
      index: identity.index,
      incarnation: identity.incarnation,
      remoteAddress: socket.remoteAddress ?? "",
      secret: hello2.session,
      handlers: this.#options.handlers,
      now: this.#now,
      onHandlerError: (error, method) => this.emit("handlerError", error, method, peer),
      onFailure: (error) => this.#lose(peer, error)
    });
    this.#peers.set(key, peer);
    this.#byIndex.set(peer.index, peer);
    this.#open(peer, link, 0);
    this.emit("enter", peer);
    return peer;
  }
  #resume(peer, hello2, link, refuse3) {
    const before = peer.session.detach();
    try {
      this.#open(peer, link, hello2.received);
    } catch (error) {
      this.#lose(peer, error);
      return refuse3("stale", "its state does not fit ours");
    }
    before?.destroy();
    this.emit("resumed", peer);
    return peer;
  }
  #open(peer, link, received) {
    link.send({ t: "welcome", received: peer.session.received, heartbeatMs: this.#heartbeatMs, leaseMs: this.#leaseMs });
    peer.session.attach(link, received);
    peer.state = "open";
    this.#links.set(peer, link);
  }
  #received(peer, link, frame) {
    if (this.#links.get(peer) !== link || peer.isGone) return;
    if (frame.t === "end") {
      peer.session.sayEnd();
      const connection = peer.session.detach();
      this.#forget(peer);
      peer.session.close(peerLost(peer.index, "it left"));
      connection?.end();
      this.emit("left", peer);
      return;
    }
    try {
      if (frame.t === "hello") throw violation("it said twice who it is");
      peer.session.receive(frame);
    } catch (error) {
      this.#lose(peer, error);
    }
  }
  #disconnected(peer, link, error) {
    if (this.#links.get(peer) !== link || peer.isGone) return;
    peer.session.detach();
    if (error !== void 0 && "code" in error && String(error.code).startsWith("FLOW_")) {
      this.#lose(peer, error);
      return;
    }
    peer.state = "broken";
    this.emit("broken", peer);
  }
  #lose(peer, error) {
    if (peer.isGone) return;
    const connection = peer.session.detach();
    this.#forget(peer);
    connection?.destroy();
    peer.session.close(error);
    this.emit("lost", peer, error);
  }
  #forget(peer) {
    peer.state = "gone";
    this.#byIndex.delete(peer.index);
  }
  #tick() {
    const tick = this.#clock.tick();
    const beats = tick.now - this.#lastBeat >= this.#heartbeatMs - tickInterval(this.#heartbeatMs) / 2;
    if (beats) this.#lastBeat = tick.now;
    for (const peer of [...this.#byIndex.values()]) {
      peer.session.lastHeard = credited(peer.session.lastHeard, tick);
      const silentMs = tick.now - peer.session.lastHeard;
      if (silentMs > this.#leaseMs) this.#lose(peer, peerLost(peer.index, `nothing was heard of it for ${Math.round(silentMs)} ms`));
      else if (beats) peer.session.beat();
    }
  }
};
function readFrame2(value) {
  const read2 = workerFrame.safeParse(value);
  if (!read2.success) throw violation("a frame of unknown shape", read2.error);
  return read2.data;
}

// packages/core/test/gang/harness.ts
var ATTEMPT = "Flow/1/step/2/0";
var unexpected = (name) => () => {
  throw new Error(`${name} was not expected`);
};
function controlHandlers(some = {}) {
  const names = ["join", "publish", "barrier", "certificate", "bodyDone", "failed", "ranks", "daemonOutput", "daemonExit", "execOutput", "serviceEnded", "warning"];
  return { ...Object.fromEntries(names.map((name) => [name, unexpected(name)])), ...some };
}
function workerHandlers(some = {}) {
  const names = ["roster", "facts", "launchOpen", "launchClose", "daemonStart", "daemonSignal", "daemonInput", "daemonEof", "exec", "certificate", "broadcastReceive", "stop", "release"];
  return { ...Object.fromEntries(names.map((name) => [name, unexpected(name)])), ...some };
}
var Gang = class _Gang {
  secret = newAttemptSecret();
  nodes;
  control = ControlIdentity.create();
  server;
  refusals = [];
  #clients = [];
  host = "";
  port = 0;
  constructor(size, options) {
    this.nodes = Array.from({ length: size }, (_, index) => ({ attempt: ATTEMPT, index, incarnation: newIncarnation() }));
    this.server = new ChannelServer({
      attempt: ATTEMPT,
      keys: KeyTable.derive(this.secret, this.nodes),
      identity: this.control,
      handlers: controlHandlers(),
      ...options
    });
    this.server.on("refused", (refusal) => this.refusals.push(refusal));
  }
  static async start(size, options = {}) {
    const gang = new _Gang(size, options);
    Object.assign(gang, await gang.server.listen("127.0.0.1"));
    return gang;
  }
  key(index) {
    return deriveNodeKey(this.secret, this.nodes[index]);
  }
  client(index, options = {}) {
    const client = new ChannelClient({
      host: this.host,
      port: this.port,
      identity: this.nodes[index],
      key: this.key(index),
      controlPublicKey: this.control.publicKey,
      handlers: workerHandlers(),
      ...options
    });
    this.#clients.push(client);
    return client;
  }
  async [Symbol.asyncDispose]() {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.server.close();
  }
};

// packages/core/test/gang/simulate-join.ts
async function simulateJoin(workers) {
  const dir = await mkdtemp(join(tmpdir(), "flow-join-"));
  const outfile = join(dir, "clients.mjs");
  await build({ entryPoints: [fileURLToPath(new URL("fixtures/join-clients.ts", import.meta.url))], outfile, bundle: true, platform: "node", format: "esm", target: "node24" });
  let state = newRendezvous(workers + 1);
  const feed = (event) => {
    const step = rendezvousStep(state, event);
    state = step.state;
    for (const output of step.outputs) {
      if (output.type === "release") {
        gang.server.closeEntry();
        gang.server.broadcast("roster", { entries: output.roster });
      }
    }
  };
  const before = process.memoryUsage.rss();
  const gang = await Gang.start(workers + 1, {
    handlers: controlHandlers({ join: (params, peer) => feed({ type: "join", index: peer.index, incarnation: peer.incarnation, ...params }) })
  });
  feed({ type: "join", index: 0, incarnation: "control", slots: 2, address: "127.0.0.1", facts: {} });
  const child = fork(outfile, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  try {
    await new Promise((resolve) => child.once("message", resolve));
    const start = performance.now();
    const nodes = gang.nodes.slice(1).map((identity) => ({ identity, key: gang.key(identity.index).toString("hex") }));
    child.send({ host: gang.host, port: gang.port, publicKey: gang.control.publicKey.toString("hex"), nodes });
    await new Promise((resolve, reject) => {
      let released2 = 0;
      child.on("message", (message2) => {
        if (message2 === "released" && ++released2 === workers) resolve();
      });
      child.once("exit", (code) => reject(new Error(`the simulated workers exited with ${code}`)));
    });
    const seconds = (performance.now() - start) / 1e3;
    peak = Math.max(peak, process.memoryUsage.rss());
    const ended = new Promise((resolve) => child.on("message", (message2) => {
      if (typeof message2 === "object") resolve(message2);
    }));
    await gang.server.close();
    const { released } = await ended;
    if (released !== workers) throw new Error(`${released} of ${workers} had the whole roster`);
    return { nodes: workers, seconds, peakMB: peak / 1e6, addedMB: (peak - before) / 1e6 };
  } finally {
    clearInterval(sampler);
    if (child.exitCode === null) child.kill("SIGKILL");
    await rm(dir, { recursive: true, force: true });
  }
}
export {
  simulateJoin
};
