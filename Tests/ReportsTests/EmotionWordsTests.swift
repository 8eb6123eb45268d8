import Corpora
import Figures
import Testing

@Suite struct EmotionWordsTests {
  @Test("A word that means one of the seven emotions has its colour")
  func colors() {
    for (word, emotion) in Emotion.synonyms {
      #expect(Emotion(rawValue: word).means(emotion))
      #expect(EmotionColors.color(of: word, index: 9) == EmotionColors.color(of: emotion.rawValue, index: 9), "\(word)")
    }
    #expect(!Emotion(rawValue: "calm").means(.neutral) && Emotion(rawValue: "Calm").means(Emotion(rawValue: "calm")))
  }
}
