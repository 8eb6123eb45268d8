import Foundation

/// ELAN's annotation format (EAF 3.0).
enum ELAN {
  static func tiers(of text: String) throws(AnnotationDamage) -> [AnnotationTier] {
    // An EAF has neither; with entities, a small document could become one of any size.
    for word in ["<!DOCTYPE", "<!ENTITY"] where text.contains(word) {
      throw AnnotationDamage("it has a \(word) declaration, which no file of ELAN has", line: nil)
    }
    guard !text.utf8.contains(0) else { throw AnnotationDamage("not XML: it has a zero byte", line: nil) }
    var document = ELANDocument()
    var scanner = XMLScanner(text)
    while let event = try scanner.next() { document.take(event, line: scanner.line) }
    let root = document.root ?? ""
    guard root == "ANNOTATION_DOCUMENT" else {
      throw AnnotationDamage("not a file of ELAN: its root is \(root.prefix(40)), not ANNOTATION_DOCUMENT", line: nil)
    }
    if let damage = document.damage { throw damage }
    let intervals = try intervals(of: document)
    var tiers: [AnnotationTier] = []
    for (name, intervals) in zip(document.tiers, intervals) {
      tiers.append(try AnnotationTier(name: name, intervals: intervals))
    }
    return tiers
  }

  /// Seconds by slot. Slots without a time lie evenly between the two around them that have one, as ELAN places them;
  /// those before the first and after the last that has one are left out.
  private static func seconds(_ slots: [ELANDocument.TimeSlot]) -> [String: Double] {
    var seconds: [String: Double] = [:]
    var last: (index: Int, time: Double)?
    for (index, slot) in slots.enumerated() {
      guard let time = slot.milliseconds else { continue }
      if let last {
        for between in last.index + 1..<index {
          let share = Double(between - last.index) / Double(index - last.index)
          seconds[slots[between].id] = (last.time + (time - last.time) * share) / 1000
        }
      }
      seconds[slot.id] = time / 1000
      last = (index, time)
    }
    return seconds
  }

  /// The intervals of each tier. Those that refer to one annotation divide its time evenly, as a symbolic subdivision
  /// does in ELAN; a symbolic association is the only one.
  private static func intervals(of document: ELANDocument) throws(AnnotationDamage) -> [[AnnotationInterval]] {
    let seconds = seconds(document.slots)
    let annotations = document.annotations
    var found: [AnnotationInterval?] = Array(repeating: nil, count: annotations.count)
    var references: [String: [Int]] = [:]
    var names: Set<String> = []
    // Annotations whose time is known, and whose references are still to be followed.
    var known: [Int] = []
    for (index, annotation) in annotations.enumerated() {
      guard names.insert(annotation.id).inserted else {
        throw AnnotationDamage("two annotations are named \(annotation.id.prefix(40))", line: annotation.line)
      }
      switch annotation.place {
      case .reference(let name): references[name, default: []].append(index)
      case .slots(let first, let last):
        guard let start = seconds[first], let end = seconds[last] else {
          throw AnnotationDamage(
            "annotation \(annotation.id.prefix(40)): one of its time slots is not there, or has no time",
            line: annotation.line)
        }
        found[index] = try AnnotationInterval(annotation.label, from: start, to: end, line: annotation.line)
        known.append(index)
      }
    }
    while let index = known.popLast() {
      guard let whole = found[index], let parts = references[annotations[index].id] else { continue }
      for siblings in Dictionary(grouping: parts, by: { annotations[$0].tier }).values {
        let length = (whole.end - whole.start) / Double(siblings.count)
        for (place, part) in siblings.enumerated() {
          let end = place + 1 == siblings.count ? whole.end : whole.start + length * Double(place + 1)
          found[part] = try AnnotationInterval(
            annotations[part].label, from: whole.start + length * Double(place), to: end, line: annotations[part].line)
          known.append(part)
        }
      }
    }
    var intervals: [[AnnotationInterval]] = Array(repeating: [], count: document.tiers.count)
    for (annotation, interval) in zip(annotations, found) {
      guard let interval else {
        throw AnnotationDamage(
          "annotation \(annotation.id.prefix(40)) refers to none that has a time", line: annotation.line)
      }
      intervals[annotation.tier].append(interval)
    }
    return intervals
  }
}

/// What is used of an EAF's elements.
private struct ELANDocument {
  struct TimeSlot {
    let id: String
    let milliseconds: Double?
  }

  struct Annotation {
    enum Place {
      case slots(String, String)
      /// The annotation whose time it has.
      case reference(String)
    }

    let id: String
    /// An index into the tiers.
    let tier: Int
    let place: Place
    let line: Int?
    var label = ""
  }

  private(set) var root: String?
  private(set) var tiers: [String] = []
  private(set) var slots: [TimeSlot] = []
  private(set) var annotations: [Annotation] = []
  /// The first error in the elements.
  private(set) var damage: AnnotationDamage?
  /// The text so far of the label that is open.
  private var label: String?

  mutating func take(_ event: XMLScanner.Event, line: Int) {
    switch event {
    case .start(let name, let attributes): start(name, attributes, line: line)
    case .text(let text): label? += text
    case .end(let name):
      guard name == "ANNOTATION_VALUE" else { return }
      if let label, !annotations.isEmpty { annotations[annotations.count - 1].label = label }
      label = nil
    }
  }

  private mutating func start(_ name: String, _ attributes: [String: String], line: Int) {
    if root == nil { root = name }
    var missing: String?
    func attribute(_ key: String) -> String {
      if let value = attributes[key] { return value }
      missing = missing ?? key
      return ""
    }
    defer { if let missing { report("\(name) has no \(missing)", line: line) } }
    switch name {
    case "TIME_SLOT":
      let value = attributes["TIME_VALUE"]
      let milliseconds = value.flatMap { Double($0) }
      if let value, !((milliseconds ?? -1) >= 0 && (milliseconds ?? .infinity).isFinite) {
        report("\"\(value.prefix(40))\" is not a time in milliseconds", line: line)
      }
      slots.append(TimeSlot(id: attribute("TIME_SLOT_ID"), milliseconds: milliseconds))
    case "TIER": tiers.append(attribute("TIER_ID"))
    case "ALIGNABLE_ANNOTATION":
      add(attribute("ANNOTATION_ID"), .slots(attribute("TIME_SLOT_REF1"), attribute("TIME_SLOT_REF2")), line)
    case "REF_ANNOTATION": add(attribute("ANNOTATION_ID"), .reference(attribute("ANNOTATION_REF")), line)
    case "ANNOTATION_VALUE": label = ""
    default: break
    }
  }

  private mutating func add(_ id: String, _ place: Annotation.Place, _ line: Int?) {
    guard !tiers.isEmpty else { return report("annotation \(id.prefix(40)) is in no tier", line: line) }
    annotations.append(Annotation(id: id, tier: tiers.count - 1, place: place, line: line))
  }

  private mutating func report(_ reason: String, line: Int?) {
    if damage == nil { damage = AnnotationDamage(reason, line: line) }
  }
}
