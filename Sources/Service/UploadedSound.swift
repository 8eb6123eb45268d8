import AudioFiles
import Basics
import Corpora
import Foundation

/// A sound that a request brings: as its body, or as the part "file" of a form (multipart/form-data, RFC 7578), whose other
/// parts are parameters.
struct UploadedSound {
  /// The part of a form that is the sound, and what a sound is called in errors.
  static let field = "file"
  static let name = "the sound"
  /// Sample rates that are taken, in Hz: a filter is kept for each.
  static let rates = [
    8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000,
  ]
  /// Channels that are taken at most: a small file can have many.
  private static let mostChannels = 32
  /// Parts of a form, and bytes of a part that is a parameter.
  private static let (mostParts, mostParameterBytes) = (32, 4096)

  let bytes: [UInt8]
  let parameters: [(name: String, value: String)]

  init(_ body: [UInt8], contentType: String?) throws(RequestFault) {
    guard let type = contentType, type.lowercased().hasPrefix("multipart/form-data") else {
      (bytes, parameters) = (body, [])
      guard !body.isEmpty else { throw .wrong(Self.field, "the request has no body") }
      return
    }
    guard let boundary = Self.boundary(of: type) else {
      throw .wrong("content-type", "multipart/form-data without a boundary")
    }
    var sound: [UInt8]?
    var parameters: [(name: String, value: String)] = []
    for part in try Self.parts(of: body, boundary: boundary) {
      if part.name == Self.field {
        guard sound == nil else { throw .wrong(Self.field, "there are two parts of this name") }
        sound = Array(part.content)
      } else {
        guard part.content.count <= Self.mostParameterBytes, let value = String(validating: part.content, as: UTF8.self)
        else { throw .wrong(visible(part.name), "is no text of \(Self.mostParameterBytes) bytes or fewer") }
        parameters.append((part.name, value))
      }
    }
    guard let sound, !sound.isEmpty else {
      throw .wrong(Self.field, "the form has no part \"\(Self.field)\" with a sound")
    }
    (bytes, self.parameters) = (sound, parameters)
  }

  /// The first minute of the first channel, at a sample rate, not trimmed.
  func decoded(sampleRate: Int) throws -> AudioClip {
    let facts = try AudioStream(bytes: bytes, name: Self.name, resampledTo: nil)
    guard facts.sourceChannels <= Self.mostChannels else {
      throw RequestFault(
        .unprocessableContent, Self.field,
        "has \(facts.sourceChannels) channels; \(Self.mostChannels) are taken at most")
    }
    guard Self.rates.contains(facts.sourceSampleRate) else {
      throw RequestFault(
        .unprocessableContent, Self.field,
        "has \(facts.sourceSampleRate) Hz; taken are \(Self.rates.map(String.init).joined(separator: ", "))")
    }
    return try .decode(
      AudioStream(bytes: bytes, name: Self.name, resampledTo: sampleRate, limit: AudioClip.longestSpeech))
  }

  /// What a model reads of it.
  func speech(for model: ServedModel) throws -> AudioClip {
    try Self.speech(of: decoded(sampleRate: model.sampleRate), for: model)
  }

  /// What a model reads of a sound that is decoded at its sample rate.
  /// - Throws: `AudioFileError.silent`.
  static func speech(of clip: AudioClip, for model: ServedModel) throws(AudioFileError) -> AudioClip {
    guard let speech = clip.trimmed(model.trimming) else {
      throw AudioFileError.silent(path: name, channels: clip.sourceChannels, isCut: clip.isCut)
    }
    return speech
  }

  // MARK: Forms

  private static func boundary(of type: String) -> [UInt8]? {
    for part in type.split(separator: ";").dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      guard pair.count == 2, pair[0].lowercased() == "boundary" else { continue }
      let name = pair[1].trimmingCharacters(in: CharacterSet(charactersIn: "\""))
      return (1...70).contains(name.utf8.count) ? Array(name.utf8) : nil
    }
    return nil
  }

  private static func parts(
    of body: [UInt8], boundary: [UInt8]
  ) throws(RequestFault) -> [(name: String, content: ArraySlice<UInt8>)] {
    let delimiter = Array("\r\n--".utf8) + boundary
    let (lineEnd, blank) = (Array("\r\n".utf8), Array("\r\n\r\n".utf8))
    // The first delimiter need not have a line before it.
    var place = body.starts(with: delimiter.dropFirst(2)) ? delimiter.count - 2 : body[...].firstEnd(of: delimiter)
    var found: [(name: String, content: ArraySlice<UInt8>)] = []
    while let start = place {
      if body[start...].starts(with: Array("--".utf8)) { return found }
      guard found.count < mostParts else { throw .wrong("body", "the form has more than \(mostParts) parts") }
      guard body[start...].starts(with: lineEnd), let content = body[start...].firstEnd(of: blank),
        let end = body[(content - lineEnd.count)...].firstEnd(of: delimiter)
      else { break }
      let head = String(decoding: body[start..<content], as: UTF8.self)
      guard let name = name(in: head) else { throw .wrong("body", "a part of the form has no name") }
      found.append((name, body[content..<max(content, end - delimiter.count)]))
      place = end
    }
    throw .wrong("body", "the form breaks off")
  }

  /// The name of a part by its headers.
  private static func name(in head: String) -> String? {
    for line in head.split(whereSeparator: \.isNewline)
    where line.lowercased().hasPrefix("content-disposition:") {
      // A semicolon in quotes ends nothing.
      var (pieces, isQuoted) = ([""], false)
      for letter in line {
        if letter == "\"" { isQuoted.toggle() }
        if letter == ";", !isQuoted { pieces.append("") } else { pieces[pieces.count - 1].append(letter) }
      }
      for piece in pieces {
        let piece = piece.trimmingCharacters(in: .whitespaces)
        guard piece.lowercased().hasPrefix("name=") else { continue }
        let name = piece.dropFirst("name=".count).trimmingCharacters(in: CharacterSet(charactersIn: "\""))
        return name.isEmpty || name.utf8.count > 64 ? nil : name
      }
    }
    return nil
  }
}

extension ArraySlice<UInt8> {
  /// The place behind the first occurrence of some bytes; nil where they do not occur.
  fileprivate func firstEnd(of bytes: [UInt8]) -> Int? {
    guard count >= bytes.count else { return nil }
    return withUnsafeBytes { here in
      var start = 0
      while let base = here.baseAddress, start + bytes.count <= here.count,
        let hit = memchr(base + start, Int32(bytes[0]), here.count - bytes.count + 1 - start)
      {
        let place = UnsafeRawPointer(hit) - base
        if memcmp(base + place, bytes, bytes.count) == 0 { return startIndex + place + bytes.count }
        start = place + 1
      }
      return nil
    }
  }
}
