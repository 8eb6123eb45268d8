/// What a pickle can make here: plain values, and what the names and references in it stand for.
enum Pickled<Object> {
  case none
  case truth(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  /// - Parameter depth: One more than that of the deepest tuple in it.
  case tuple([Pickled], depth: Int)
  /// A list, whose items nothing asks for.
  case list
  /// A dictionary, by its place in ``Pickle/dictionaries``: it can still grow after others refer to it.
  case dictionary(Int)
  case object(Object)
}

/// What a pickle's names, calls and persistent references stand for. None of the methods may run anything.
protocol PickleWorld {
  associatedtype Object
  /// The object of a name such as "collections.OrderedDict"; an error for all that are not known.
  func object(named name: String) throws(Malformed) -> Object
  /// The result of a call; nil for a new, empty dictionary.
  func call(_ function: Object, _ arguments: [Pickled<Object>]) throws(Malformed) -> Pickled<Object>?
  /// The object outside the pickle to which a reference leads.
  func object(for reference: Pickled<Object>) throws(Malformed) -> Object
}

/// Python's pickle format, as far as tables of arrays need it: the machine of pickletools.py, with those operations that
/// make plain values. It runs nothing: names and calls mean what a ``PickleWorld`` says, and every other operation is an
/// error, as are more values than any table has.
struct Pickle<World: PickleWorld> {
  typealias Value = Pickled<World.Object>

  /// The dictionaries' values by those of their keys that are text.
  private(set) var dictionaries: [[String: Value]] = []
  private let world: World
  private var stack: [Value] = []
  /// The heights of the stack at which runs of values begin that are not complete yet.
  private var marks: [Int] = []
  private var memo: [Int: Value] = [:]

  init(_ world: World) { self.world = world }

  /// The value that the bytes describe.
  mutating func read(_ bytes: UnsafeRawBufferPointer) throws(Malformed) -> Value {
    guard bytes.count <= PickleLimit.bytes else { throw Malformed("its pickle of \(bytes.count) bytes is too long") }
    var reader = ByteReader(bytes)
    for _ in 0..<PickleLimit.operations {
      let place = reader.place
      let code = try reader.next(UInt8.self)
      if code == UInt8(ascii: ".") {
        let value = try pop()
        guard stack.isEmpty, marks.isEmpty, reader.isAtEnd else {
          throw Malformed("its pickle has more than one value")
        }
        return value
      }
      guard let operation = PickleOperation(rawValue: code) else {
        let hexadecimal = String(code, radix: 16)
        throw Malformed("it asks for operation 0x\(hexadecimal) of pickle (byte \(place)); \(runsNothing)")
      }
      try run(operation, &reader)
      guard stack.count <= PickleLimit.stack, memo.count <= PickleLimit.remembered else {
        throw Malformed("its pickle has too many values")
      }
    }
    throw Malformed("its pickle has more than \(PickleLimit.operations) operations")
  }

  private mutating func run(_ operation: PickleOperation, _ reader: inout ByteReader) throws(Malformed) {
    switch operation {
    case .proto:
      let version = try reader.next(UInt8.self)
      guard 2...5 ~= version else { throw Malformed("its pickle has version \(version); 2 to 5 can be read") }
    case .frame: _ = try reader.next(UInt64.self)  // a hint for readers of streams

    case .none: stack.append(.none)
    case .newTrue: stack.append(.truth(true))
    case .newFalse: stack.append(.truth(false))
    case .binInt: stack.append(.integer(Int(try reader.next(Int32.self))))
    case .binInt1: stack.append(.integer(Int(try reader.next(UInt8.self))))
    case .binInt2: stack.append(.integer(Int(try reader.next(UInt16.self))))
    case .long1: stack.append(.integer(try long(reader.next(try reader.next(UInt8.self)))))
    case .binFloat: stack.append(.number(Double(bitPattern: try reader.next(UInt64.self).byteSwapped)))
    case .shortBinUnicode: stack.append(.text(try reader.text(try reader.next(UInt8.self))))
    case .binUnicode: stack.append(.text(try reader.text(try reader.next(UInt32.self))))
    case .binUnicode8: stack.append(.text(try reader.text(try reader.next(UInt64.self))))

    case .mark: marks.append(stack.count)
    case .emptyTuple: stack.append(.tuple([], depth: 1))
    case .tuple1: try makeTuple(try pop(1))
    case .tuple2: try makeTuple(try pop(2))
    case .tuple3: try makeTuple(try pop(3))
    case .tuple: try makeTuple(try popToMark())

    case .emptyList: stack.append(.list)
    case .append:
      _ = try pop()
      try checkTopIsList()
    case .appends:
      _ = try popToMark()
      try checkTopIsList()
    case .emptyDict: makeDictionary()
    case .setItem: try set(try pop(2))
    case .setItems: try set(try popToMark())

    case .binPut: memo[Int(try reader.next(UInt8.self))] = try top()
    case .longBinPut: memo[Int(try reader.next(UInt32.self))] = try top()
    case .memoize: memo[memo.count] = try top()
    case .binGet: try get(Int(try reader.next(UInt8.self)))
    case .longBinGet: try get(Int(try reader.next(UInt32.self)))

    case .global: try name(try reader.line(), try reader.line())
    case .stackGlobal:
      let texts = try pop(2)
      guard case .text(let module) = texts[0], case .text(let own) = texts[1] else {
        throw Malformed("its pickle has a name that is no text")
      }
      try name(module, own)
    case .reduce:
      guard case .tuple(let arguments, _) = try pop(), case .object(let function) = try pop() else {
        throw Malformed("it asks to call what is no function; \(runsNothing)")
      }
      if let result = try world.call(function, arguments) { stack.append(result) } else { makeDictionary() }
    case .build:
      // The attributes of a module's table of arrays: the versions of its parts.
      _ = try pop()
      guard case .dictionary = try top() else {
        throw Malformed("it asks to set attributes of what is no dictionary; \(runsNothing)")
      }
    case .binPersid: stack.append(.object(try world.object(for: try pop())))
    }
  }

  private func top() throws(Malformed) -> Value {
    guard stack.count > marks.last ?? 0, let top = stack.last else {
      throw Malformed("its pickle is damaged: it takes a value where none is")
    }
    return top
  }

  private mutating func pop() throws(Malformed) -> Value {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws(Malformed) -> [Value] {
    guard stack.count - count >= marks.last ?? 0 else {
      throw Malformed("its pickle is damaged: it takes \(count) values where fewer are")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(Malformed) -> [Value] {
    guard let mark = marks.popLast() else { throw Malformed("its pickle is damaged: it ends a run that has no start") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func makeTuple(_ values: [Value]) throws(Malformed) {
    let depth = values.reduce(1) { depth, value in
      if case .tuple(_, let inner) = value { max(depth, inner + 1) } else { depth }
    }
    // Swift frees tuples in tuples one within the other, on its stack.
    guard depth <= PickleLimit.depth else { throw Malformed("its pickle has tuples \(depth) deep in each other") }
    stack.append(.tuple(values, depth: depth))
  }

  private mutating func makeDictionary() {
    dictionaries.append([:])
    stack.append(.dictionary(dictionaries.count - 1))
  }

  private func checkTopIsList() throws(Malformed) {
    guard case .list = try top() else { throw Malformed("its pickle is damaged: it adds to what is no list") }
  }

  /// Adds keys and values, which take turns, to the dictionary on the stack. Keys that are no text are left out.
  private mutating func set(_ items: [Value]) throws(Malformed) {
    guard case .dictionary(let place) = try top(), items.count % 2 == 0 else {
      throw Malformed("its pickle is damaged: it adds to what is no dictionary")
    }
    for item in stride(from: 0, to: items.count, by: 2) {
      guard case .text(let key) = items[item] else { continue }
      guard dictionaries[place].updateValue(items[item + 1], forKey: key) == nil else {
        throw Malformed("its pickle has \(short(key)) twice")
      }
    }
  }

  private mutating func get(_ place: Int) throws(Malformed) {
    guard let value = memo[place] else { throw Malformed("its pickle is damaged: value \(place) is not there") }
    stack.append(value)
  }

  private mutating func name(_ module: String, _ name: String) throws(Malformed) {
    stack.append(.object(try world.object(named: "\(module).\(name)")))
  }

  /// An integer in two's complement of at most eight bytes.
  private func long(_ bytes: UnsafeRawBufferPointer) throws(Malformed) -> Int {
    guard bytes.count <= 8 else { throw Malformed("its pickle has an integer of \(bytes.count) bytes") }
    let sign: Int = bytes.last.map { $0 >= 0x80 } == true ? -1 : 0
    return bytes.reversed().reduce(sign) { $0 << 8 | Int($1) }
  }
}

/// What errors about calls end with.
let runsNothing = "Undertone reads tensors only and runs nothing"

/// Above what a table of 100,000 arrays needs: 30 MB, 50 operations and 15 remembered values an array, tuples three deep
/// in each other, and about a thousand values on the stack.
private enum PickleLimit {
  static let bytes = 64 << 20
  static let operations = 8_000_000
  static let remembered = 2_000_000
  static let stack = 100_000
  static let depth = 16
}

/// The operations that are known, by Python's names for them.
private enum PickleOperation: UInt8 {
  case proto = 0x80
  case frame = 0x95
  case mark = 0x28
  case none = 0x4E
  case newTrue = 0x88
  case newFalse = 0x89
  case binInt = 0x4A
  case binInt1 = 0x4B
  case binInt2 = 0x4D
  case long1 = 0x8A
  case binFloat = 0x47
  case shortBinUnicode = 0x8C
  case binUnicode = 0x58
  case binUnicode8 = 0x8D
  case emptyTuple = 0x29
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case tuple = 0x74
  case emptyList = 0x5D
  case append = 0x61
  case appends = 0x65
  case emptyDict = 0x7D
  case setItem = 0x73
  case setItems = 0x75
  case binPut = 0x71
  case longBinPut = 0x72
  case memoize = 0x94
  case binGet = 0x68
  case longBinGet = 0x6A
  case global = 0x63
  case stackGlobal = 0x93
  case reduce = 0x52
  case build = 0x62
  case binPersid = 0x51
}
